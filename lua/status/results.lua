-- What the steps of a backup or a restore left in their output folder, as facts (see the catalogue for who writes what):
--
--   status.json      {"step", "status", "error"} of the step that failed; not there where none did
--   dump.json, load.json    {"step", "seconds"}
--   backup.json      lines of `restic backup --json`; the one with "message_type": "summary" counts
--   forget.json, check.json, stats.json, snapshots.json     of restic: what was removed, {"integrity"}, sizes, what there is now
--   restore.json     of restic: the snapshots that were restored
--   output.json      of Stash's own images, in place of those of restic, or beside them: see status.output
--
-- any(folder) -> whether there is anything that steps leave
--
-- direction(folder) -> "restore" where there is a restore.json, else "backup": where nobody says which it is
--
-- read(folder, "backup" | "restore") -> { failed = why it failed, or nil, advice = what to do about that, where it is known, seconds,
-- snapshots = list as a status has them, counts = numbers for metrics, repository = { integrity, snapshotCount,
-- snapshotsRemovedOnLastCleanup, totalSize, bytes }, hosts = those of output.json, or nil, alone = true where nothing is there but these }
--
-- A step that failed, or did not leave what it leaves when it is done, makes a failure of the whole: nothing is taken for a success because
-- nobody complained.
local files = require "engine.files"
local json = require "kube.json"
local load = require "engine.load"
local output = require "status.output"
local reasons = require "status.reasons"
local units = require "status.units"
local value = require "base.value"

local results = {}

local MOST = 64 << 20 -- bytes of a file

-- The text of a file, or nil and why it cannot be read.
local function text_of(self, name)
  local bytes, problem = files.read(("%s/%s"):format(self.folder, name), MOST)
  if bytes then return bytes end
  return nil, problem.message
end

local function fail(self, ...) self.failed = self.failed or (...):format(select(2, ...)) end

-- The JSON value in a file; nil where there is none. A file that holds none is a failure, and so is one that must be there and is not.
local function read(self, name, needed)
  local text, why = text_of(self, name)
  if not text then
    if needed or files.kind(("%s/%s"):format(self.folder, name)) then fail(self, "%s cannot be read: %s", name, why) end
    return nil
  end
  local source = load.source(text, name)
  local reader = source and load.reader(source)
  local v = reader and load.next(reader)
  if type(v) == "table" then return v end
  fail(self, "%s holds no JSON", name)
end

local function number(t, name)
  local v = type(t) == "table" and t[name]
  return type(v) == "number" and v or nil
end

-- The summary of a backup, the last of several.
local function summary_of(self)
  local text = text_of(self, "backup.json")
  if not text then
    fail(self, "no step left backup.json, so nothing was backed up")
    return nil
  end
  local summary
  for line in text:gmatch "[^\n]+" do
    local each = json.decode(line)
    if each and each.message_type == "summary" then summary = each end
  end
  if not summary or type(summary.snapshot_id) ~= "string" then
    fail(self, "backup.json has no summary of a snapshot, so the backup did not come to its end")
    return nil
  end
  return summary
end

-- The paths of a snapshot, of those that there are.
local function paths_of(snapshots, id)
  for _, each in ipairs(snapshots or {}) do
    if type(each) == "table" and type(each.id) == "string" and (each.id == id or each.id:sub(1, #id) == id) then
      return type(each.paths) == "table" and table.concat(each.paths, ",") or nil
    end
  end
end

local COUNTS = { totalFiles = "total_files_processed", newFiles = "files_new", modifiedFiles = "files_changed",
  unmodifiedFiles = "files_unmodified" }

local function add_backup(self, snapshots)
  local summary = summary_of(self)
  if not summary then return end
  local size, uploaded, seconds = number(summary, "total_bytes_processed") or 0, number(summary, "data_added") or 0,
    number(summary, "total_duration") or 0
  local counts = {}
  for name, of in pairs(COUNTS) do counts[name] = number(summary, of) or 0 end
  self.seconds = self.seconds + seconds
  self.snapshots = { { name = summary.snapshot_id:sub(1, 8), path = paths_of(snapshots, summary.snapshot_id), totalSize = units.bytes(size),
    uploaded = units.bytes(uploaded), processingTime = units.clock(seconds), fileStats = counts } }
  self.counts = { size = size, uploaded = uploaded, processing = seconds, files = counts }
end

local function removed_of(forgotten)
  local count = 0
  for _, group in ipairs(forgotten or {}) do
    local removed = value.get(group, "remove")
    count = count + (type(removed) == "table" and #removed or 0)
  end
  return count
end

-- A damaged repository is told of whatever else failed.
local function add_damage(self)
  local check = read(self, "check.json")
  if check and check.integrity == false then self.repository = { integrity = false } end
end

local function add_repository(self, snapshots)
  local check, stats, forgotten = read(self, "check.json"), read(self, "stats.json"), read(self, "forget.json")
  local size = number(stats, "total_size")
  self.cleaned = forgotten ~= nil
  if check == nil or type(check.integrity) ~= "boolean" then return end
  self.repository = { integrity = check.integrity, snapshotCount = snapshots and #snapshots or nil,
    snapshotsRemovedOnLastCleanup = removed_of(forgotten), totalSize = size and units.bytes(size) or nil, bytes = size }
  if not check.integrity then fail(self, "the repository is damaged: restic check found errors") end
end

local function add_restore(self)
  local restored = read(self, "restore.json", true)
  if restored and #restored == 0 then fail(self, "restore.json names no snapshot, so nothing was restored") end
end

-- Whether a step failed, and why.
local function add_failure(self)
  local failure = read(self, "status.json")
  if not failure then return end
  local step = type(failure.step) == "string" and failure.step or "without a name"
  local why = type(failure.error) == "string" and failure.error or math.type(failure.status)
    and ("ended with exit status %d"):format(failure.status) or "status.json does not say why it failed"
  local scratch = self.folder:match "^(.*/)[^/]+/*$" or self.folder -- the folder of results lies in it
  why, self.advice = reasons.of(step, why, scratch)
  fail(self, "step %s: %s", step, why)
end

local LEFT = { "status.json", "dump.json", "load.json", "backup.json", "forget.json", "check.json", "stats.json", "snapshots.json",
  "restore.json", "output.json" }

function results.any(folder)
  for _, name in ipairs(LEFT) do
    if files.kind(("%s/%s"):format(folder, name)) then return true end
  end
  return false
end

-- What Stash's images say. It fails if one of their hosts did; the first of these counts.
local function add_output(self, direction)
  local v = read(self, "output.json")
  if not v then return end
  local said, why = output.read(v)
  if not said then return fail(self, "%s, so nothing was done", why) end
  self.hosts, self.repository = said.hosts, said.repository
  self.alone = not files.kind(("%s/%s.json"):format(self.folder, direction)) and not self.failed
  for _, host in ipairs(said.hosts) do
    if host.failed then fail(self, "%s%s", host.hostname and host.hostname .. ": " or "", host.failed) end
    if self.alone then
      self.seconds = self.seconds + host.seconds
      table.move(host.snapshots, 1, #host.snapshots, #self.snapshots + 1, self.snapshots)
    end
  end
  if said.repository and not said.repository.integrity then fail(self, "the repository is damaged") end
end

function results.direction(folder) return files.kind(folder .. "/restore.json") and "restore" or "backup" end

function results.read(folder, direction)
  local self = { folder = folder, seconds = 0, snapshots = {}, cleaned = false }
  if not files.is_folder(folder) then
    fail(self, "there is no folder %s: the step that reports must mount what the others wrote to", folder)
  end
  add_failure(self)
  for _, name in ipairs { "dump.json", "load.json" } do self.seconds = self.seconds + (number(read(self, name), "seconds") or 0) end
  add_output(self, direction)
  if self.failed then
    add_damage(self)
    return self
  end
  if self.alone then return self end
  if direction == "restore" then
    add_restore(self)
    return self
  end
  local snapshots = read(self, "snapshots.json")
  add_backup(self, snapshots)
  add_repository(self, snapshots)
  return self
end

return results
