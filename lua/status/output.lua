-- What Stash's own images leave in the output folder of a Task: output.json, which says of each host what its status is to be.
--
--   output.read(value of the file) -> { hosts, repository } | nil, why it says nothing
--
-- hosts: of each { hostname, failed = why, or nil, seconds, duration = the same in its words, snapshots = list as a status has them,
-- counts }, as status.results has them for a whole folder. repository: as there, where the file tells of it, as those of older versions do.
--
--   { "targetStatus": { "stats": [ { "hostname", "phase", "duration", "error", "snapshots": [ … ] } ] } }
--   { "hostBackupStats" or "hostRestoreStats": [ … ], "repository": { "integrity", "size", "snapshotCount", … } }      older versions
local duration = require "base.duration"
local units = require "status.units"
local value = require "base.value"

local output = {}

local function text(t, name)
  local v = type(t) == "table" and t[name]
  return type(v) == "string" and v ~= "" and v or nil
end

local function number(t, name)
  local v = type(t) == "table" and t[name]
  return type(v) == "number" and v or nil
end

local function items(v) return ipairs(type(v) == "table" and v or {}) end

local COUNTS = { "totalFiles", "newFiles", "modifiedFiles", "unmodifiedFiles" }

-- What is left out is nothing: Go writes no zeroes. nil for what has no name.
local function snapshot_of(each)
  local counts = {}
  for _, name in ipairs(COUNTS) do counts[name] = number(type(each) == "table" and each.fileStats, name) or 0 end
  return text(each, "name") and { name = each.name, path = text(each, "path"), fileStats = counts,
    totalSize = text(each, "totalSize") or text(each, "size") or units.bytes(0), uploaded = text(each, "uploaded") or units.bytes(0),
    processingTime = text(each, "processingTime") or units.clock(0) }
end

-- Numbers for metrics, of all snapshots of a host; nil where it has none.
local function counts_of(snapshots)
  if not snapshots[1] then return nil end
  local sum = { size = 0, uploaded = 0, processing = 0, files = {} }
  for _, name in ipairs(COUNTS) do sum.files[name] = 0 end
  for _, each in ipairs(snapshots) do
    sum.size = sum.size + (units.read_bytes(each.totalSize) or 0)
    sum.uploaded = sum.uploaded + (units.read_bytes(each.uploaded) or 0)
    sum.processing = sum.processing + (units.read_clock(each.processingTime) or 0)
    for _, name in ipairs(COUNTS) do sum.files[name] = sum.files[name] + each.fileStats[name] end
  end
  return sum
end

-- A host that neither succeeded nor failed in so many words has failed.
local function host_of(each)
  local phase, words = text(each, "phase"), text(each, "error")
  local host = { hostname = text(each, "hostname"), duration = text(each, "duration"), snapshots = {} }
  if words or phase ~= "Succeeded" then
    host.failed = words or phase == "Failed" and "no reason is given" or ("its phase is %s"):format(phase or "not said")
  end
  for _, snapshot in items(type(each) == "table" and each.snapshots) do table.insert(host.snapshots, snapshot_of(snapshot)) end
  host.seconds = host.duration and duration.seconds(host.duration) or 0
  host.counts = not host.failed and counts_of(host.snapshots) or nil
  return host
end

local function repository_of(v)
  if type(v) ~= "table" or type(v.integrity) ~= "boolean" then return nil end
  local size = text(v, "size")
  return { integrity = v.integrity, snapshotCount = number(v, "snapshotCount"), totalSize = size, bytes = size and units.read_bytes(size),
    snapshotsRemovedOnLastCleanup = number(v, "snapshotsRemovedOnLastCleanup") }
end

function output.read(v)
  local stats = value.get(v, "targetStatus", "stats") or v.hostBackupStats or v.hostRestoreStats
  if type(stats) == "table" and stats.phase then stats = { stats } end -- of one host alone, in the oldest
  local hosts = {}
  for i, each in items(stats) do hosts[i] = host_of(each) end
  if not hosts[1] then return nil, "output.json tells of no host" end
  return { hosts = hosts, repository = repository_of(v.repository) }
end

return output
