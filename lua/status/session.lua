-- What becomes of the status of a BackupSession, RestoreSession or RestoreBatch when one host of a target has reported.
--
--   session.next(object, report) -> its new status, session.summary of it
--
-- report: direction, invoker = { kind, name }, target = { kind, namespace, name }, hostname, result = status.results, members = how many
-- targets there are, now = seconds since 1970, pushed = true, false or nil, why_pushed. The list of targets (of hosts, for a
-- RestoreSession) is given back as a whole: a merge patch replaces lists.
--
-- A target is Failed if one of its hosts failed, Succeeded when all hosts have reported, else Running; a session is over when all
-- of its targets are.
local freshness = require "scripts.freshness"
local units = require "status.units"
local value = require "base.value"

local session = {}

local function copy(v) return type(v) == "table" and value.copy(v) or {} end

-- The entry of a list that says so, made at its end where there is none.
local function entry_of(list, is_it, new)
  for i, each in ipairs(list) do
    if is_it(each) then return each, i end
  end
  list[#list + 1] = new
  return new, #list
end

local function put_host(list, hostname, result)
  local host = { hostname = hostname, phase = result.failed and "Failed" or "Succeeded",
    duration = not result.failed and (result.duration or units.duration(result.seconds)) or nil,
    error = result.failed and result.failed .. (result.advice and "; " .. result.advice or ""),
    snapshots = result.snapshots[1] and result.snapshots or nil }
  local _, at = entry_of(list, function(each) return each.hostname == hostname end, host)
  list[at] = host
end

-- The host that reports, and those that the steps tell of themselves.
local function put_hosts(list, report)
  for _, host in ipairs(report.result.hosts or {}) do put_host(list, host.hostname or report.hostname, host) end
  if not report.result.alone then put_host(list, report.hostname, report.result) end
end

local function is_failed(hosts, conditions)
  for _, each in ipairs(hosts or {}) do
    if each.phase == "Failed" then return true end
  end
  for _, each in ipairs(conditions or {}) do
    if each.status == "False" then return true end
  end
  return false
end

-- The phase of a target, or of a RestoreSession, which is one.
local function phase_of(hosts, total, conditions)
  if is_failed(hosts, conditions) then return "Failed" end
  return #hosts >= total and "Succeeded" or "Running"
end

-- condition(list, type, true or false, reason, message, now): the one of that type; its time stays where its status does.
local function condition(list, kind, holds, reason, message, now)
  local status = holds and "True" or "False"
  local one = { type = kind, status = status, reason = reason, message = message, lastTransitionTime = units.timestamp(now) }
  local before, at = entry_of(list, function(each) return each.type == kind end, one)
  if before ~= one and before.status == status then one.lastTransitionTime = before.lastTransitionTime or one.lastTransitionTime end
  list[at] = one
end

-- What restic did behind the backup, as conditions of the session.
local function put_actions(conditions, report)
  local result = report.result
  if report.direction ~= "backup" or result.failed and not result.repository then return end
  if result.cleaned then
    condition(conditions, "RetentionPolicyApplied", true, "SuccessfullyAppliedRetentionPolicy", "the retention policy was applied",
      report.now)
  end
  if result.repository then
    local whole = result.repository.integrity
    condition(conditions, "RepositoryIntegrityVerified", whole,
      whole and "SuccessfullyVerifiedRepositoryIntegrity" or "FailedToVerifyRepositoryIntegrity",
      whole and "restic check found nothing wrong" or "restic check found errors", report.now)
  end
  if report.pushed ~= nil then
    condition(conditions, "RepositoryMetricsPushed", report.pushed, report.pushed and "SuccessfullyPushedRepositoryMetrics"
      or "FailedToPushRepositoryMetrics", report.why_pushed or "metrics were pushed", report.now)
  end
end

local function age(object, now)
  local created = freshness.timestamp(value.get(object, "metadata", "creationTimestamp") or "")
  return created and math.max(0, now - created)
end

-- Ends a session whose targets are over.
local function conclude(status, object, report, phases)
  local failed = false
  for _, phase in ipairs(phases) do
    if phase ~= "Succeeded" and phase ~= "Failed" then
      status.phase = "Running"
      return
    end
    failed = failed or phase == "Failed"
  end
  if #phases < (report.members or 1) then
    status.phase = "Running"
    return
  end
  condition(status.conditions, "MetricsPushed", report.pushed ~= false,
    report.pushed == false and "FailedToPushMetrics" or "SuccessfullyPushedMetrics",
      report.why_pushed or (report.pushed and "metrics were pushed" or "no Pushgateway is named"), report.now)
  local seconds = age(object, report.now)
  status.phase, status.sessionDuration = failed and "Failed" or "Succeeded", seconds and units.duration(seconds // 1) or nil
end

-- A RestoreSession has one target, whose hosts stand in its status itself.
local function next_single(status, object, report)
  status.stats = copy(status.stats)
  put_hosts(status.stats, report)
  status.totalHosts = status.totalHosts or 1
  conclude(status, object, report, { phase_of(status.stats, status.totalHosts, {}) })
end

local function next_of_targets(status, object, report, field)
  local targets = copy(status[field])
  local target = entry_of(targets, function(each)
    local ref = value.get(each, "ref") or {}
    return ref.kind == report.target.kind and ref.name == report.target.name
      and (ref.namespace or report.namespace) == (report.target.namespace or report.namespace)
  end, { ref = { kind = report.target.kind, name = report.target.name, namespace = report.target.namespace } })
  target.stats, target.totalHosts = copy(target.stats), target.totalHosts or 1
  put_hosts(target.stats, report)
  target.phase = phase_of(target.stats, target.totalHosts, target.conditions)
  local phases = {}
  for i, each in ipairs(targets) do phases[i] = each.phase or "Pending" end
  status[field] = targets
  conclude(status, object, report, phases)
end

function session.next(object, report)
  local before = copy(object.status)
  local status = { conditions = copy(before.conditions), stats = before.stats, totalHosts = before.totalHosts, targets = before.targets,
    members = before.members }
  put_actions(status.conditions, report)
  if object.kind == "RestoreSession" then
    next_single(status, object, report)
    status.targets, status.members = nil, nil
  else
    local field = object.kind == "RestoreBatch" and "members" or "targets"
    next_of_targets(status, object, report, field)
    status.stats, status.totalHosts = nil, nil
    status[field == "members" and "targets" or "members"] = nil
  end
  return status
end

-- over(status of an object) -> { success, targets = { { kind, namespace, name, success, hosts } } } where it is over, else nil
function session.over(object, report)
  local status = object.status or {}
  if status.phase ~= "Succeeded" and status.phase ~= "Failed" then return nil end
  local all = { success = status.phase == "Succeeded", seconds = age(object, report.now), now = report.now, targets = {} }
  local alone = { { ref = report.target, phase = status.phase, totalHosts = status.totalHosts } }
  for i, each in ipairs(status.targets or status.members or alone) do
    all.targets[i] = { ref = each.ref or {}, success = each.phase == "Succeeded", hosts = each.totalHosts or 1 }
  end
  return all
end

return session
