-- Metrics of a backup or restore, as a Pushgateway takes them: each under the new and the old prefix that Stash gives them.
--
--   metrics.host(about, result, labels)            what the step that reports knows of its host
--   metrics.repository(result, labels)             of the repository, where it was checked
--   metrics.session(session, labels)               of the session, once it is over: { success, seconds, targets, now }
--   metrics.text(list) -> the text format (0.0.4)
--
-- Each gives a list of { name, labels, number }. A failure sends only the gauge of success, as 0.
local metrics = {}

local PREFIXES = {
  backup = { "stash_appscode_com_backupsession_", "stash_backup_" }, restore = { "stash_appscode_com_restoresession_", "stash_restore_" },
  repository = { "stash_appscode_com_repository_", "stash_repository_" },
}

local function gauge(list, of, name, labels, number, old)
  if not number then return end
  list[#list + 1] = { PREFIXES[of][1] .. name, labels, number }
  list[#list + 1] = { PREFIXES[of][2] .. (old or name), labels, number }
end

-- host("backup" | "restore", status.results, labels)
function metrics.host(direction, result, labels)
  local list, success = {}, ("host_%s_success"):format(direction)
  gauge(list, direction, success, labels, result.failed and 0 or 1)
  if result.failed then return list end
  gauge(list, direction, ("host_%s_duration_seconds"):format(direction), labels, result.seconds)
  local counts = result.counts
  if not counts then return list end
  gauge(list, direction, "host_data_size_bytes", labels, counts.size)
  gauge(list, direction, "host_data_uploaded_bytes", labels, counts.uploaded)
  gauge(list, direction, "host_data_processing_time_seconds", labels, counts.processing)
  for name, of in pairs { total = "totalFiles", new = "newFiles", modified = "modifiedFiles", unmodified = "unmodifiedFiles" } do
    gauge(list, direction, "host_files_" .. name, labels, counts.files[of])
  end
  return list
end

function metrics.repository(result, labels)
  local list, of = {}, result.repository
  if not of then return list end
  gauge(list, "repository", "integrity", labels, of.integrity and 1 or 0)
  gauge(list, "repository", "size_bytes", labels, of.bytes)
  gauge(list, "repository", "snapshot_count", labels, of.snapshotCount)
  gauge(list, "repository", "snapshot_cleaned", labels, of.snapshotsRemovedOnLastCleanup)
  return list
end

-- session(direction, { success, seconds, now, targets = list of { success, hosts, labels } }, labels)
function metrics.session(direction, session, labels)
  local list = {}
  gauge(list, direction, "success", labels, session.success and 1 or 0, "session_success")
  if session.success then
    gauge(list, direction, "duration_seconds", labels, session.seconds, "session_duration_seconds")
    gauge(list, direction, "target_count_total", labels, #session.targets)
    if direction == "backup" then gauge(list, direction, "last_success_time_seconds", labels, session.now) end
  end
  for _, target in ipairs(session.targets) do
    gauge(list, direction, "target_success", target.labels, target.success and 1 or 0)
    if target.success then
      gauge(list, direction, "target_host_count_total", target.labels, target.hosts)
      if direction == "backup" then gauge(list, direction, "target_last_success_time_seconds", target.labels, session.now) end
    end
  end
  return list
end

-- --- the text format

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function labels_text(labels)
  local names, parts = {}, {}
  for name in pairs(labels) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = ('%s="%s"'):format(name, labels[name]:gsub('[\\"\n]', ESCAPES)) end
  return table.concat(parts, ",")
end

local function number_text(number) return math.type(number) == "integer" and ("%d"):format(number) or ("%.17g"):format(number) end

-- All lines of a name stand together, behind its type.
function metrics.text(list)
  local named, names = {}, {}
  for _, each in ipairs(list) do
    if not named[each[1]] then
      named[each[1]] = {}
      names[#names + 1] = each[1]
    end
    table.insert(named[each[1]], ("%s{%s} %s\n"):format(each[1], labels_text(each[2]), number_text(each[3])))
  end
  table.sort(names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = ("# TYPE %s gauge\n%s"):format(name, table.concat(named[name])) end
  return table.concat(parts)
end

return metrics
