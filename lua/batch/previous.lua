-- What an earlier run has left in the folder of a batch: targets that are done already, and files that nobody needs any more.
local diag = require "base.diag"
local digest = require "engine.digest"
local engine = require "engine.out"
local load = require "engine.load"
local manifest = require "batch.manifest"

local previous = {}

local NOTHING = { read = function() return "" end } -- as a file

local KNOWN = { "targets", "rendered", "failed", "withheld", "errors", "warnings", "infos", "failing", "troubles" }

-- --- what is done already

-- Notes the names of the objects in a text: no later target may make them.
local function note_objects(self, text)
  local reader = load.reader(assert(load.source(text, "objects")))
  while true do
    local document = load.document(reader)
    if not document then return end
    local namespace = load.peek(document, "metadata", "namespace") or ""
    local id = ("%s %s/%s"):format(load.peek(document, "kind"), namespace, load.peek(document, "metadata", "name"))
    assert(self.taken:add(engine.number(id)))
    self.taken_count = self.taken_count + 1
  end
end

-- A function that says whether the bytes of a target are those that its line says. With chunks, targets of one file follow each other.
local function checker(self)
  local folder = self.folder
  local name, file, at
  return function(target)
    if target.status ~= "rendered" then return true end
    if target.file ~= name or not target.size then
      if file then file:close() end
      name, file, at = target.file, folder:read(target.file), 0
    end
    if not file then return false end
    local bytes = file:read(at, target.size or file:size())
    at = at + #bytes
    if digest.sha256(target.size and manifest.without_mark(bytes) or bytes) ~= target.sha256 then return false end
    note_objects(self, bytes)
    return true
  end
end

-- The number of the first target of a manifest that is not done, and the offset behind those before it. Of a chunk, all or none are.
local function done_before(self, left)
  local is_there, chunk = checker(self), self.asked.chunk or 1
  local count, behind, all, taken = self.first, left.after, self.first, 0
  for line, after in manifest.lines(left.file, left.after) do
    local target = manifest.read(line)
    if not target or target.index ~= all or not is_there(target) then break end
    all = all + 1
    if all % chunk == 0 then count, behind, taken = all, after, self.taken_count end
  end
  assert(self.taken:cut(8 * taken))
  return count, behind
end

local function count_known(known, target, fail_on)
  known.targets = known.targets + 1
  known[target.status] = known[target.status] + 1
  if target.status == "failed" then known.troubles = known.troubles + 1 end
  if target.status == "withheld" then known.failing = known.failing + 1 end
  for severity in target.findings:gmatch '"severity":"(%l+)"' do
    known[severity .. "s"] = known[severity .. "s"] + 1
    if diag.fails(severity, fail_on) then known.failing = known.failing + 1 end
  end
end

-- Takes what is done already for granted: it counts, and its names are taken.
local function take_known(self, left, behind)
  for line, after in manifest.lines(left.file, left.after) do
    if after > behind then break end
    local target = manifest.read(line)
    count_known(self.known, target, self.options.fail_on)
    assert(self.targets:add(engine.number(target.who)))
    if target.file then assert(self.files:add(engine.number(target.file))) end
  end
end

-- Copies the lines of a manifest that is in place already: it is to stay until there is another.
local function copy_lines(from, to, behind)
  local at = 0
  while at < behind do
    local bytes = from:read(at, math.min(1 << 20, behind - at))
    local ok, why = to:add(bytes)
    if bytes == "" or not ok then return nil, why end
    at = at + #bytes
  end
  return true
end

local function open_files(self)
  local problem
  self.journal, problem = self.folder:journal(self.part)
  if self.journal then self.targets, problem = self.folder:spool() end
  if self.targets then self.files, problem = self.folder:spool() end
  if self.files then self.taken, problem = self.folder:spool() end
  self.taken_count = 0
  return self.taken, problem
end

local function write_head(self, head, left, behind)
  if left and left.file ~= self.before_file then return self.journal:cut(behind) end
  local ok, why = self.journal:cut(0)
  if not ok then return nil, why end
  if left then return copy_lines(left.file, self.journal, behind) end
  return self.journal:add(head)
end

-- begin(out, first line of the manifest, what an earlier run has left or nil, report) -> true when the manifest can be written; what is
-- done already is known then. False when that has been reported.
function previous.begin(self, head, left, report)
  for _, name in ipairs(KNOWN) do self.known[name] = 0 end
  self.before_file = self.before and self.before.file
  self.folder:sweep()
  local ok, problem = open_files(self)
  if not ok then
    report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
    return false
  end
  local behind
  if left then self.from, behind = done_before(self, left) end
  local why
  ok, why = write_head(self, head, left, behind)
  self.known_upto = left and behind or 0
  if ok then
    if left then take_known(self, left, behind) end
    return true
  end
  report:add { rule = "unwritable", severity = "error", trouble = true, message = ("cannot write %s/%s: %s"):format(self.path,
    self.part, why) }
  return false
end

-- --- what reports tell of it

-- The findings of a target of a manifest, as diagnostics.
local function findings_of(target)
  local found = {}
  for i, each in ipairs(manifest.decode("f: [" .. target.findings .. "]").f) do
    found[i] = { rule = each.rule, severity = each.severity, message = each.message, path = each.path,
      place = each.file and { file = each.file, line = each.line, column = each.line and (each.column or 1) } }
  end
  return found
end

-- A function that gives the text of one target after the other, as it stands in its file; nil where there is none. Values of Secrets are
-- for nobody but that file.
local function reader_of(self)
  local name, file, at
  return function(target)
    if not target.file then return nil end
    if target.file ~= name or not target.size then
      if file then file:close() end
      name, at = target.file, 0
      file = self.folder:read(name)
    end
    if not file then return nil end
    local bytes = file:read(at, target.size or file:size())
    at = at + #bytes
    return not bytes:find 'kind"?: ?"?Secret' and manifest.without_mark(bytes) or nil
  end
end

-- A malformed row has neither name nor namespace.
local function text_or_nothing(v) return type(v) == "string" and v or "" end

-- targets(out, true when texts are wanted) -> iterator over what was done before this run, as batch.record has targets, with `text`
function previous.targets(self, with_texts)
  local _, after = manifest.head_of(self.journal, manifest.file)
  local lines, text_of = manifest.lines(self.journal, after), with_texts and reader_of(self) or function() end
  return function()
    local line, behind = lines()
    if not line or behind > self.known_upto then return nil end
    local target = manifest.read(line)
    local who = manifest.decode("{" .. target.who .. "}")
    return { index = target.index, status = target.status, name = text_or_nothing(who.name),
      namespace = text_or_nothing(who.namespace), findings = findings_of(target),
      text = text_of(target) }
  end
end

-- --- names that are there twice

local function words_of(target)
  local v = manifest.decode("{" .. target.who .. "}")
  return ("%s/%s (row %d)"):format(v.namespace, v.name, target.index + 1)
end

-- The first two targets of the manifest that have one name of those that name_of gives, where the set of them says so; and the name.
local function first_twins(self, set, name_of)
  local number = set:twice()
  local first = {}
  local _, after = manifest.head_of(self.journal, manifest.part)
  for line in manifest.lines(number and self.journal or NOTHING, after) do
    local target = manifest.read(line)
    local name = name_of(target)
    if name and engine.number(name) == number then
      if first[name] then return first[name], target, name end
      first[name] = target
    end
  end
end

-- unique(out, report) -> true when no two targets have one file
function previous.unique(self, report)
  self.file_set = assert(engine.numbers(self.files))
  local one, other, name = first_twins(self, self.file_set, function(target) return target.file end)
  if not one then return true end
  report:add { rule = "same-file", severity = "error", trouble = true,
    message = ("%s is the file of target %s and of target %s"):format(name, words_of(one), words_of(other)),
    hint = "--out-name must tell them apart, with {task}, {kind} or {index}" }
  return false
end

-- each_once(out, file of the numbers of targets that were rendered, report) -> true when none of them is there twice
function previous.each_once(self, rendered, report)
  local one, other = first_twins(self, assert(engine.numbers(rendered)), function(target)
    return target.status == "rendered" and target.who
  end)
  if not one then return true end
  report:add { rule = "same-name", severity = "error", trouble = true,
    message = ("target %s is there again in row %d, and one of their objects would be lost"):format(words_of(one), other.index + 1) }
  return false
end

-- --- what nobody needs any more

-- clear(out, counts, report) -> true | nil, problem: lists the targets of the manifest before that are not there any more, and with
-- --prune removes files that it names and that no target has now. Files of targets that are there and have failed stay.
function previous.clear(self, counts, report)
  local set, files = assert(engine.numbers(self.targets)), self.file_set or assert(engine.numbers(self.files))
  local complete, removed = counts.failed + counts.withheld == 0, nil
  for line in manifest.lines(self.before.file, self.before.after) do
    local target = manifest.read(line)
    local gone = target and not set:has(target.who)
    local stale = target and target.file and not files:has(target.file) and (gone or complete) and target.file ~= removed
    if stale and self.asked.prune then
      local ok, problem = self.folder:remove(target.file)
      if not ok then return nil, problem end
      removed = target.file
    end
    if gone then
      report:add { rule = "removed-target", severity = "info",
        message = ("target %s is not among the targets any more"):format(words_of(target)),
        hint = target.file and (self.asked.prune and stale and "its file was removed: " or "its file is there still: ") .. target.file
          or nil }
    end
  end
  return true
end

return previous
