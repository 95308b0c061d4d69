-- A batch into a folder: a file for each target, or chunks of them, and a manifest of what is there.
--
--   open ─ start ─ fork ─▶ a piece: begin ─ rendered, unrendered … ─ streams ─ commit        (in a worker)
--     └─────────────────── finish: same names? ─ sync ─ what is not needed any more ─ manifest in place
--
-- Files of a piece get their names when its turn has come, and then its lines are written into the manifest: what the manifest names is
-- there. So a run that was killed goes on behind the last line whose file has the bytes that the line says. A chunk counts as a whole.
--
-- Shards fill one folder side by side, each with a manifest of its own; what concerns all of them is left to the merge (batch.merge).
--
-- Besides the manifest, workers write a number for each target and one for each file (host/numbers.h): so names that are there twice, and
-- targets that are not there any more, are found without keeping names.
local depends = require "batch.depends"
local diag = require "base.diag"
local digest = require "engine.digest"
local engine = require "engine.out"
local manifest = require "batch.manifest"
local names = require "batch.names"
local previous = require "batch.previous"

local out = {}

local Out = {}
Out.__index = Out

local function add_problem(report, problem)
  report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
end

-- The manifest that is in the folder now: a file and where its targets begin, or nil. False where something else has its name.
local function present(self, name, report)
  local file = self.folder:read(name)
  if not file or (name == self.part and not manifest.lines(file)()) then return nil end
  local head, after = manifest.head_of(file, self.path .. "/" .. name)
  if head then return { file = file, head = head, after = after } end
  after.hint = "give another folder to --out, or move the file away"
  report:add(after)
  return false
end

-- What runs with other shards have left would never be merged with what this one makes.
local function others_shards(self, report)
  local found, problem = self.folder:list(manifest.start)
  if not found then
    add_problem(report, problem)
    return true
  end
  table.sort(found)
  local own = self.options.shard and self.options.shard.count
  for _, name in ipairs(found) do
    local shard = manifest.shard_of(name)
    if shard and shard.count ~= own then
      report:add { rule = "other-shards", severity = "error", trouble = true, place = { file = self.path .. "/" .. name },
        message = ("the folder holds a shard of %d, of another run"):format(shard.count),
        hint = ("`moonstep merge %s` puts shards together; else remove the file, or give another folder to --out"):format(self.path) }
      return true
    end
  end
end

-- open(options, report) -> the folder of a batch, which is made if it is not there; nil when it cannot be. options.out is { path, pattern
-- or chunk, resume, prune }. resume = "same" goes on where nothing has changed; else all is made anew, and out.changed says why.
-- resume = "never" forgets what is there.
function out.open(options, report)
  local shard = options.shard
  local folder, problem = engine.open(options.out.path, shard and ("%d-of-%d"):format(shard.number, shard.count) or nil)
  if not folder then
    add_problem(report, problem)
    return nil
  end
  local self = setmetatable({ folder = folder, path = options.out.path, asked = options.out, options = options, known = {} }, Out)
  self.file, self.part = manifest.names(shard)
  self.before = present(self, self.file, report)
  if self.before == false or others_shards(self, report) then return nil end
  local ok, started = diag.catch(depends.start, options)
  if ok then
    self.depends = started
    return self
  end
  report:add(started)
end

-- --- where a run begins

-- The part of a manifest that an earlier run has left, where this one may go on with it. nil when there is none; false when it may not.
local function left_over(self, digits, parts, report)
  local name, how = self.part, self.asked.resume
  local left = present(self, name, report)
  if left == nil and self.before and (how == "same" or self.before.head.digest == digits) then name, left = self.file, self.before end
  if not left then return left end
  if left.head.digest == digits and parts.rows ~= "" and how ~= "never" then return left end
  if how ~= true then
    self.asked.changed, self.before = how == "same" and depends.changed(left.head.depends, parts) or nil, nil
    return nil
  end
  local function refuse(message, hint)
    report:add { rule = "no-resume", severity = "error", trouble = true, place = { file = self.path .. "/" .. name }, message = message,
      hint = hint }
    return false
  end
  if parts.rows == "" then return refuse("rows from a pipe cannot be read again, so the run cannot go on", "--targets with a file") end
  return refuse("the run that was ended cannot go on: since then has changed: " .. depends.changed(left.head.depends, parts),
    "without --resume, all is rendered anew; files that stay the same are not touched")
end

-- start(registry, rows, report) -> true when the workers can begin; false when that has been reported
function Out:start(registry, rows, report)
  self.first, self.from, self.last = rows.first, rows.first, rows.last or math.maxinteger
  local ok, digits = diag.catch(function() return table.pack(depends.finish(self.depends, self.options, registry, rows)) end)
  if not ok then
    report:add(digits)
    return false
  end
  local parts = digits[2]
  digits = digits[1]
  local left = nil
  if self.asked.resume then
    left = left_over(self, digits, parts, report)
    if left == false then return false end
  end
  return previous.begin(self, manifest.head(digits, parts), left, report)
end

-- known_targets(true when texts are wanted) -> iterator over the targets that were done before
function Out:known_targets(with_texts) return previous.targets(self, with_texts) end

-- streams() -> where what comes of pieces goes (engine.workers)
function Out:streams() return { self.targets, 2, self.journal, self.files } end

-- --- in a worker

-- begin(from): a piece begins, which with chunks is the one whose first target has this number.
function Out:begin(from)
  self.folder:reset()
  self.problem, self.who, self.made, self.bodies, self.begun = nil, {}, {}, {}, false
  self.chunk_name = self.asked.chunk and names.chunk(from // self.asked.chunk + 1, self.options.output)
end

-- parts(piece, reader) -> number of its first target, the parts of its rows
function Out:parts(piece, reader)
  if not self.asked.chunk then return 0, { piece } end
  local from, to, at = ("<I8I8"):unpack(piece)
  local parts = {}
  while at <= #piece do parts[#parts + 1], at = ("<s8"):unpack(piece, at) end
  reader:bound(from, to)
  return from, parts
end

-- pieces(next, rows) -> a function that returns the next piece for a worker: as next(rows) gives them, and where files hold the objects
-- of many targets, all rows of such a file.
function Out:pieces(next, rows)
  local size, from, rest, have = self.asked.chunk, self.from, nil, self.from
  if not size then return function() return next(rows) end end
  return function()
    if from >= self.last then return nil end
    local parts, to = { rest }, from + size
    while have < to do
      local bytes = next(math.min(rows, to - have))
      if not bytes then break end
      local first, count = ("=I8I4"):unpack(bytes)
      parts[#parts + 1], have = bytes, first + count
    end
    if not parts[1] then return nil end
    rest = have > to and parts[#parts] or nil
    for i, bytes in ipairs(parts) do parts[i] = ("<s8"):pack(bytes) end
    local piece = ("<I8I8"):pack(from, to) .. table.concat(parts)
    from = to
    return piece
  end
end

-- What the first failure to write is, is told when the piece is committed; nothing is written after it.
local function try(self, result, problem)
  if result == nil then self.problem = self.problem or problem end
  return result
end

local function put(self, name, text)
  if self.problem then return "" end
  return try(self, self.folder:put(name, text)) or ""
end

local function note(self, target)
  if target.name then target.namespace = target.namespace or self.options.namespace or "default" end
  local who = manifest.who(target.namespace, target.name, target.task)
  self.who[#self.who + 1] = engine.number(who)
  return who
end

-- rendered(at, target, text) -> its line in the manifest. `at` is its place in the order of the piece; target is { index, namespace,
-- name, task, kind, found }. nil and why when there is no name for its file.
function Out:rendered(at, target, text)
  local name, size, sha256, why
  local who = note(self, target)
  if self.chunk_name then
    name, size = self.chunk_name, #text
    self.bodies[at] = text
    sha256 = digest.sha256(manifest.without_mark(text))
  else
    name, why = names.fill(self.asked.pattern, target)
    if not name then return nil, why end
    sha256 = put(self, name, text)
  end
  self.made[#self.made + 1] = engine.number(name)
  return manifest.line { index = target.index, who = who, kind = target.kind, file = name, size = size, sha256 = sha256,
    status = "rendered",
    found = target.found }
end

-- unrendered(target, status) -> its line
function Out:unrendered(target, status)
  return manifest.line { index = target.index, who = note(self, target), status = status, found = target.found }
end

-- flush(count): the targets that have the first so many places are done; with chunks, their texts are written.
function Out:flush(count)
  if not self.chunk_name or self.problem then return end
  local texts = {}
  for at = 1, count do texts[#texts + 1] = self.bodies[at] end
  self.bodies = {}
  if not texts[1] then return end
  if not self.begun then self.begun = try(self, self.folder:begin(self.chunk_name)) end
  if self.begun then try(self, self.folder:add(table.concat(texts))) end
end

-- texts(lines, messages) -> what comes of the piece, for the streams
function Out:texts(lines, messages)
  if self.begun and not self.problem then try(self, self.folder:done()) end
  return { table.concat(self.who), messages, lines, table.concat(self.made) }
end

-- commit() -> true | nil, problem: what the piece made is there.
function Out:commit()
  if self.problem then return nil, self.problem end
  return self.folder:commit()
end

-- --- the end

-- finish(counts, report): all targets are done. Puts the manifest in place, unless something is wrong with the whole; `is_whole` says so.
function Out:finish(counts, report)
  if not self.asked.chunk and not previous.unique(self, report) then return end
  self.folder:sweep() -- what workers have left that died
  local ok, problem = self.folder:sync()
  if ok and self.before and not self.options.shard then ok, problem = previous.clear(self, counts, report) end
  if ok then ok, problem = self.folder:rename(self.part, self.file) end
  if not ok then add_problem(report, problem) end
  self.is_whole = ok
end

-- unfinished(report): tells how a run that was ended goes on, where the user may say that it does (resume is no word).
function Out:unfinished(report)
  if type(self.asked.resume) == "string" then return end
  report:add { rule = "unfinished", severity = "info", place = { file = self.path .. "/" .. self.part },
    message = "not all targets were rendered", hint = "with --resume, the same command goes on where this run has ended" }
end

return out
