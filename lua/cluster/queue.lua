-- The queue of a batch on a cluster: a folder with all that is to be run, and with what has become of it, so that a run that was ended at
-- any moment goes on when the same command is called again.
--
--   manifest.ndjson, part-00001.ndjson …    the objects of each target, as `render --out` makes them (batch.out)
--   ended.ndjson                            {"format":"moonstep-queue/1","batch":"…","digest":"…","server":"…","began":1794400000}
--                                           {"index":12,"end":"complete"}        a line for each target that has come to its end
--
--   queue.folder(given, options) -> path            --queue's, else one of the user's that is for this command; private, since objects may
--                                                   hold secrets
--   queue.check_failed(path, shard)       raises where "failed" below could run nothing; before anything is rendered
--   self = queue.open(out, server, which, shard)  behind the rendering (batch.out); raises a diagnostic. which: "anew", as if nothing had
--                                                   ended; "failed": of a batch that has ended, those that were not complete; nil: all that
--                                                   have not ended
--     self.batch                                    what Jobs of this queue are labelled with
--     self.total, self.counts                       targets that can be run; how many have ended, by how
--     self.went_on, self.began                      true where it was there, so that Jobs may be, too; when it was made, seconds since 1970
--     self:next() -> { index, title, objects } | nil       the next target that has not ended
--     self:ended(target, how)                       raises when that cannot be written
--     self:number_ended() -> of how many that is known: when it is the total, there is nothing left to do
--     self:drop() -> how many were not complete     all have ended: what the queue has in its folder is removed, but for the names of those
--     self:abandon()                                the same where nothing was run: who was not complete before is still known
--   queue.discard(out)                              the same where nothing is to be run
--   queue.any(out) -> whether anything could be run
--
-- Shards of one batch may share a folder: ended-2-of-8.ndjson is then what the second of eight writes. Only ends are written down: what had
-- begun is found in the cluster, where Jobs have the batch's label.
local diag = require "base.diag"
local digest = require "engine.digest"
local failures = require "cluster.failures"
local files = require "engine.files"
local host = require "engine.host"
local json = require "kube.json"
local manifest = require "batch.manifest"
local value = require "base.value"

local queue = {}

local Queue = {}
Queue.__index = Queue

local FORMAT = "moonstep-queue/1"

-- --- where it is

-- What tells this command from others of the user. What it depends on besides is looked at when it goes on.
local FACTS = { "task", "targets", "namespace", "context", "cluster", "kubeconfig", "filename", "policy", "script", "config", "template",
  "shard", "set", "param", "option", "grant" }

local function spelled(v)
  if type(v) ~= "table" then return tostring(v) end
  local parts = {}
  for _, key in ipairs(value.keys(v)) do parts[#parts + 1] = ("%s=%s"):format(key, spelled(v[key])) end
  return table.concat(parts, "\1")
end

local function need(done, problem)
  if not done then
    diag.raise { rule = "unwritable", message = problem.message, hint = "--queue names another folder for what is to be run" }
  end
  return done
end

local function make_above(path)
  local at = path:sub(1, 1) == "/" and "/" or ""
  for part in path:gmatch "[^/]+" do
    at = at .. part
    if at ~= path and not files.is_folder(at) then need(files.private_folder(at)) end
    at = at .. "/"
  end
end

local function usual(given)
  local state, home = host.environment "XDG_STATE_HOME", host.environment "HOME"
  local base = state and state:sub(1, 1) == "/" and state or home and home:sub(1, 1) == "/" and home .. "/.local/state"
  if not base then
    diag.raise { rule = "no-queue", message = "there is neither HOME nor XDG_STATE_HOME, so nobody knows where to keep what is to be run",
      hint = "--queue names a folder for it" }
  end
  local facts = { files.absolute "." or "" }
  for _, name in ipairs(FACTS) do facts[#facts + 1] = spelled(given[name]) end
  return ("%s/moonstep/queues/%s"):format(base, digest.sha256(table.concat(facts, "\0")):sub(1, 16))
end

function queue.folder(given)
  local path = given.queue or usual(given)
  make_above(path)
  need(files.private_folder(path))
  return path
end

-- --- what has ended

-- Which targets have ended: all below `upto`, and some behind it.
local function add_ended(self, index)
  self.others[index] = true
  while self.others[self.upto] do
    self.others[self.upto] = nil
    self.upto = self.upto + 1
  end
end

local function has_ended(self, index) return index < self.upto or self.others[index] == true end

local function count(self, how) self.counts[how] = (self.counts[how] or 0) + 1 end

-- What was not complete, by its index.
local function note(self, index, how)
  count(self, how)
  if how ~= "complete" then self.failed[index] = true end
end

-- A line that was not written to its end is cut off.
local function take_ended(self, at)
  for line, behind in manifest.lines(self.journal, at) do
    at = behind
    local index, how = line:match '^{"index":(%d+),"end":"([%l-]+)"}$'
    index = math.tointeger(tonumber(index))
    if index and not has_ended(self, index) then
      add_ended(self, index)
      note(self, index, how)
    end
  end
  need(self.journal:cut(at), { message = ("cannot write %s/%s"):format(self.path, self.name_of_ends) })
end

local function write_line(self, text)
  local ok, why = self.journal:add(text)
  if not ok then
    diag.raise { rule = "unwritable", trouble = true, message = ("cannot write %s/%s: %s"):format(self.path, self.name_of_ends, why),
      hint = "Jobs that run go on; the same command does, too, when there is room" }
  end
end

local function begin_anew(self, sum, server)
  self.batch = digest.sha256(("%s %d %d"):format(sum, host.clock(), (host.process()))):sub(1, 16)
  self.began = host.clock()
  need(self.journal:cut(0), { message = ("cannot write %s/%s"):format(self.path, self.name_of_ends) })
  write_line(self, json.encode { format = FORMAT, batch = self.batch, digest = sum, server = server, began = self.began,
    only = self.only and "failed" or nil } .. "\n")
end

-- --- targets

-- The text of a target's objects. Targets of one file follow each other.
local function text_of(self, target)
  if target.file ~= self.name then
    if self.file then self.file:close() end
    self.name, self.at = target.file, 0
    local problem
    self.file, problem = self.folder:read(target.file)
    if not self.file then
      diag.raise { rule = "unreadable", trouble = true, message = ("cannot read %s/%s: %s"):format(self.path, target.file, problem) }
    end
  end
  local from = self.at
  self.at = from + target.size
  return function() return self.file:read(from, target.size) end
end

local function objects_of(text)
  local objects = {}
  for line in text:gmatch "[^\n]+" do objects[#objects + 1] = json.decode(line) end
  return objects
end

local function title_of(target)
  local who = manifest.decode("{" .. target.who .. "}")
  return diag.visible(("%s/%s"):format(who.namespace, who.name))
end

local function is_wanted(self, title) return not self.only or self.only[title] == true end

function Queue:next()
  for line in self.lines do
    local target = manifest.read(line)
    local text = target.file and text_of(self, target)
    if text and not has_ended(self, target.index) then
      local title = title_of(target)
      if is_wanted(self, title) then return { index = target.index, title = title, objects = objects_of(text()) } end
    end
  end
end

function Queue:ended(target, how)
  write_line(self, ('{"index":%d,"end":"%s"}\n'):format(target.index, how))
  add_ended(self, target.index)
  note(self, target.index, how)
end

function Queue:number_ended()
  local all = 0
  for _, number in pairs(self.counts) do all = all + number end
  return all
end

local function count_targets(file, after, only)
  local total = 0
  for line in manifest.lines(file, after) do
    if line:find('"status":"rendered"', 1, true) and (not only or only[title_of(manifest.read(line))]) then total = total + 1 end
  end
  return total
end

function queue.any(out)
  local file = out.folder:read(out.file)
  local total = file and count_targets(file) or 0
  if file then file:close() end
  return total > 0
end

-- What a shard's ends are called, or those of the whole.
local function ends_of(out) return (out.file:gsub("^manifest", "ended")) end

local function is_empty(folder)
  for _, name in ipairs(folder:list "" or { "?" }) do
    if name ~= "." and name ~= ".." then return false end
  end
  return true
end

-- Removes the files of the targets, which the manifest names, and what is about all of them; the folder, too, unless something else is
-- in it.
function queue.discard(out)
  local folder, before = out.folder, nil
  for _, name in ipairs { out.part, out.file } do
    local file = folder:read(name)
    for line in manifest.lines(file or { read = function() return "" end }) do
      local target = manifest.read(line)
      if target and target.file and target.file ~= before then folder:remove(target.file) end
      before = target and target.file or before
    end
    if file then file:close() end
    folder:remove(name)
  end
  folder:remove(ends_of(out))
  folder:sweep() -- what was not written to its end
  if is_empty(folder) then files.remove(out.path) end
end

-- The targets that were not complete, as they are called.
local function titles_of_failed(self)
  local titles = {}
  local file = next(self.failed) and self.folder:read(self.out.file)
  for line in file and manifest.lines(file) or function() end do
    local target = manifest.read(line)
    if target and self.failed[target.index] then titles[#titles + 1] = title_of(target) end
  end
  if file then file:close() end
  return titles
end

function Queue:drop()
  local titles = titles_of_failed(self)
  need(failures.write(self.folder, self.name_of_failed, titles))
  self:abandon()
  return #titles
end

function Queue:abandon()
  if self.file then self.file:close() end
  self.journal:close()
  queue.discard(self.out)
end

local function raise_unknown(path)
  diag.raise { rule = "no-queue", trouble = true, message = ("%s knows of no targets that were not complete when a run ended"):format(path),
    hint = "without --failed all are run; --queue names another folder" }
end

-- The targets that a batch has left at its end. One that has not come to it goes on first.
local function read_failed(self, is_open)
  if is_open then
    diag.raise { rule = "no-queue", trouble = true, hint = "the same command without --failed goes on with it",
      message = "a run of these targets has not come to its end, so nobody knows yet which are not complete" }
  end
  return failures.read(self.folder, self.name_of_failed) or raise_unknown(self.path)
end

-- check_failed(path, shard): raises where --failed could run nothing. Nothing was rendered yet.
function queue.check_failed(path, shard)
  if not files.exists(("%s/%s"):format(path, failures.of(shard))) then raise_unknown(path) end
end

function queue.open(out, server, which, shard)
  local self = setmetatable({ out = out, folder = out.folder, path = out.path, name_of_ends = ends_of(out), counts = {}, upto = 0,
    others = {}, failed = {}, name_of_failed = failures.of(shard) }, Queue)
  local file = need(self.folder:read(out.file), { message = ("%s/%s is gone"):format(out.path, out.file) })
  local head, after = manifest.head_of(file, out.path .. "/" .. out.file)
  if not head then diag.raise(after) end
  self.journal = need(self.folder:journal(self.name_of_ends))
  local first = manifest.lines(self.journal)()
  local known = first and json.decode(first) or {}
  if first and known.format ~= FORMAT and which ~= "anew" then
    diag.raise { rule = "bad-queue", trouble = true, place = { file = ("%s/%s"):format(self.path, self.name_of_ends) },
      message = "it should say which targets have ended, and does not",
      hint = "--anew begins with the first; Jobs that run are left alone" }
  end
  local is_open = which ~= "anew" and known.format == FORMAT and known.digest == head.digest and known.server == server
  if which == "failed" and not (is_open and known.only) then self.only = read_failed(self, is_open)
  elseif is_open and known.only then self.only = read_failed(self, false) end
  if is_open then
    self.batch, self.began, self.went_on = known.batch, known.began, true
    take_ended(self, #first + 1)
  else begin_anew(self, head.digest, server) end
  self.total = count_targets(file, after, self.only)
  self.lines = manifest.lines(file, after)
  return self
end

return queue
