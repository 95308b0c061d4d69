-- Puts together what shards have left in one folder: of their manifests comes one, that of a run without shards.
--
--   manifest-1-of-8.ndjson … ─▶ manifest.ndjson.part ─ names that are there twice? ─ sync ─ what nobody needs ─▶ manifest.ndjson
--
-- What no shard could know is found here: targets of several shards that are one or have one file, and targets of the run before that are
-- not there any more. Manifests of shards go when theirs is in place; a merge that is ended before that can be done again.
local depends = require "batch.depends"
local diag = require "base.diag"
local engine = require "engine.out"
local files = require "engine.files"
local manifest = require "batch.manifest"
local previous = require "batch.previous"

local merge = {}

local BLOCK = 1 << 20 -- bytes that are read at once
local NUMBERS = 512 -- that are written at once

local Merge = {}
Merge.__index = Merge

local raise = diag.raise

local function done(result, problem)
  if result == nil then raise { rule = problem.id, message = problem.message } end
  return result
end

local function count(counts, target)
  counts.targets, counts[target.status] = counts.targets + 1, counts[target.status] + 1
end

function Merge:refuse(name, message, hint)
  raise { rule = "no-merge", place = { file = name and self.path .. "/" .. name or self.path }, message = message, hint = hint }
end

-- --- what there is

-- The manifests of shards, by their numbers, how many there should be, and the number of the first that is not there.
function Merge:find()
  local shards, all = {}, nil
  local names = done(self.folder:list(manifest.start))
  table.sort(names)
  for _, name in ipairs(names) do
    local shard = manifest.shard_of(name)
    if shard and all and shard.count ~= all then
      self:refuse(name, ("there are shards of %d and of %d, of different runs"):format(all, shard.count), "remove those of one run")
    end
    if shard and shard.part then
      self:refuse(name, ("shard %d of %d has not come to its end"):format(shard.number, shard.count),
        "with --resume, the same command goes on where it has ended")
    end
    if shard then shards[shard.number], all = name, shard.count end
  end
  if not all then self:refuse(nil, "there are no manifests of shards", "`moonstep render --targets … --shard I/N --out` leaves them") end
  local missing = 1
  while shards[missing] do missing = missing + 1 end
  return shards, all, missing
end

function Merge:open(name)
  local file = self.folder:read(name)
  if not file then raise { rule = "unreadable", message = ("cannot read %s/%s"):format(self.path, name) } end
  local head, after = manifest.head_of(file, self.path .. "/" .. name)
  if not head then raise(after) end
  return { name = name, file = file, head = head, after = after }
end

-- Whether what a shard says stands in the manifest that is in place, from `at` on. Returns where it ends there.
function Merge:is_merged(shard, at)
  local from, size = shard.after, shard.file:size()
  while from < size do
    local bytes = shard.file:read(from, BLOCK)
    if bytes == "" or self.before.file:read(at, #bytes) ~= bytes then return nil end
    from, at = from + #bytes, at + #bytes
  end
  return at
end

-- Whether a merge was ended when it had removed the last manifests of shards: then what is left is the beginning of what is in place.
function Merge:is_ended(shards, missing)
  local at = self.before and self.before.after
  for i = 1, missing - 1 do
    local shard = at and self:open(shards[i])
    at = shard and shard.head.digest == self.before.head.digest and self:is_merged(shard, at)
  end
  return at
end

-- --- what they say

-- A file of numbers for names, which are written some at a time.
local function new_names(folder)
  local spool, waiting = done(folder:spool()), {}
  local names = { spool = spool }
  function names.flush()
    local ok, why = spool:add(table.concat(waiting))
    if not ok then raise { rule = "unwritable", message = ("cannot write into the folder: %s"):format(why) } end
    waiting = {}
  end
  function names.add(name)
    waiting[#waiting + 1] = engine.number(name)
    if #waiting == NUMBERS then names.flush() end
  end
  return names
end

function Merge:write(bytes)
  local ok, why = self.journal:add(bytes)
  if not ok then raise { rule = "unwritable", message = ("cannot write %s/%s: %s"):format(self.path, manifest.part, why) } end
end

-- Takes what one shard says of its targets, which follow those of the shards before it.
function Merge:take(shard)
  local lines, size = {}, 0
  for line in manifest.lines(shard.file, shard.after) do
    local target = manifest.read(line)
    if not target or target.index ~= self.counts.targets then
      self:refuse(shard.name, ("it should go on with row %d"):format(self.counts.targets + 1), "render this shard again")
    end
    count(self.counts, target)
    self.all.add(target.who)
    if target.status == "rendered" then self.rendered.add(target.who) end
    if target.file and not target.size then self.named.add(target.file) end
    lines[#lines + 1], size = line, size + #line
    if size >= BLOCK then
      self:write(table.concat(lines, "\n") .. "\n")
      lines, size = {}, 0
    end
  end
  if lines[1] then self:write(table.concat(lines, "\n") .. "\n") end
end

-- The lines of all shards as one manifest, which has not its name yet.
function Merge:join(shards)
  self.journal = done(self.folder:journal(manifest.part))
  self.all, self.rendered, self.named = new_names(self.folder), new_names(self.folder), new_names(self.folder)
  local ok, why = self.journal:cut(0)
  if not ok then raise { rule = "unwritable", message = ("cannot write %s/%s: %s"):format(self.path, manifest.part, why) } end
  local first
  for i, name in ipairs(shards) do
    local shard = self:open(name)
    first = first or shard.head
    if shard.head.digest ~= first.digest then
      self:refuse(name, ("shards 1 and %d are of different runs: since then has changed: %s"):format(i,
        depends.changed(first.depends, shard.head.depends)), "render all shards with the same inputs")
    end
    if i == 1 then self:write(shard.file:read(0, shard.after)) end
    self:take(shard)
  end
  for _, names in ipairs { self.all, self.rendered, self.named } do names.flush() end
  self.targets, self.files = self.all.spool, self.named.spool
end

-- --- the end

function Merge:remove(shards)
  for i = #shards, 1, -1 do done(self.folder:remove(shards[i])) end -- the last one first: Merge.is_ended
end

function Merge:finish(shards, report)
  if not previous.unique(self, report) or not previous.each_once(self, self.rendered.spool, report) then return false end
  done(self.folder:sync())
  if self.before then done(previous.clear(self, self.counts, report)) end
  done(self.folder:rename(manifest.part, manifest.file))
  self:remove(shards)
  return true
end

-- Does what is left to do of a merge that was ended.
function Merge:go_on(shards)
  for line in manifest.lines(self.before.file, self.before.after) do count(self.counts, manifest.read(line)) end
  self:remove(shards)
  return true
end

function Merge:run(report)
  local shards, all, missing = self:find()
  if self.folder:read(manifest.file) then self.before = self:open(manifest.file) end
  self.folder:sweep()
  if missing > all then
    self:join(shards)
    return self:finish(shards, report)
  end
  local behind = false
  for i = missing, all do behind = behind or shards[i] ~= nil end
  if not behind and self:is_ended(shards, missing) then return self:go_on(shards) end
  self:refuse(nil, ("shard %d of %d is not there"):format(missing, all), "render it into the folder first")
end

-- run(path of the folder, true when files that nobody needs are to be removed, report) -> { targets, rendered, failed, withheld }, how many
-- these are; nil when they could not be put together, which has been reported
function merge.run(path, prune, report)
  local self = setmetatable({ path = path, asked = { prune = prune }, counts = { targets = 0, rendered = 0, failed = 0, withheld = 0 } },
    Merge)
  local ok, result = diag.catch(function()
    if not files.is_folder(path) then raise { rule = "unreadable", message = ("cannot read %s: it is no folder"):format(path) } end
    self.folder = done(engine.open(path))
    return self:run(report)
  end)
  if not ok then report:add(result) end
  return ok and result and self.counts or nil
end

return merge
