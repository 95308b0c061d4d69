-- The manifest of a batch, manifest.ndjson: what is in its folder.
--
--   {"format":"moonstep-manifest/1","version":"0.1.0","digest":"…","depends":{"documents":"…","options":"…","rows":"…","scripts":"…"}}
--   {"index":0,"namespace":"shop","name":"orders","task":"dump","kind":"Job","file":"shop/orders.yaml","sha256":"…","status":"rendered",
--    "findings":[]}
--
-- A line a target, in the order of the rows. `status` is rendered, failed or withheld; what a target has not is null. In chunks, where a
-- file holds many targets, `size` is how many bytes of it are the target's, behind those of the targets before it and with the `---`
-- between them; `sha256` is that of the file that it would have by itself.
--
-- A shard has a manifest of its own, manifest-2-of-8.ndjson, until all are merged (batch.merge).
--
-- While a run goes on the manifest is called manifest.ndjson.part. It ends with the last target whose file is there, or in the middle of
-- a line.
local diag = require "base.diag"
local emit = require "engine.emit"
local engine = require "engine.out"
local host = require "engine.host"
local load = require "engine.load"
local secret = require "engine.secret"

local manifest = { file = "manifest.ndjson", part = "manifest.ndjson.part", start = "manifest-" }

local FORMAT = "moonstep-manifest/1"
local BLOCK = 1 << 20 -- bytes that are read at once
local MOST_LINE = 1 << 24

local emitter = emit.new { "rule", "severity", "message", "file", "line", "column", "path" }

local function quoted(v)
  if v == nil then return "null" end
  if v:find "^[%w%._/%-]*$" then return '"' .. v .. '"' end
  return (diag.quiet_json(emitter:json(v)))
end

-- names(shard { number, count } or nil) -> what its manifest is called, and what while the run goes on
function manifest.names(shard)
  local name = shard and ("manifest-%d-of-%d.ndjson"):format(shard.number, shard.count) or manifest.file
  return name, name .. ".part"
end

-- shard_of(name of a file) -> { number, count, part = whether its run has not come to its end }; nil when it is no manifest of a shard
function manifest.shard_of(name)
  local number, count, rest = name:match "^manifest%-(%d+)%-of%-(%d+)%.ndjson(.*)$"
  number, count = math.tointeger(tonumber(number)), math.tointeger(tonumber(count))
  if not number or not count or rest ~= "" and rest ~= ".part" then return nil end
  return { number = number, count = count, part = rest ~= "" }
end

-- head(digest, parts: what it is made of, each a digest by name) -> the first line
function manifest.head(digest, parts)
  return ('{"format":"%s","version":"%s","digest":"%s",'
    .. '"depends":{"documents":"%s","options":"%s","rows":"%s","scripts":"%s"}}\n'):format(FORMAT,
    host.version(), digest, parts.documents, parts.options, parts.rows, parts.scripts)
end

-- who(namespace, name, task) -> what a target is known by, as it stands in its line
function manifest.who(namespace, name, task)
  return ('"namespace":%s,"name":%s,"task":%s'):format(quoted(namespace), quoted(name), quoted(task))
end

local function finding(d)
  local record = diag.record(d)
  return diag.quiet_json(emitter:json { rule = record.rule, severity = record.severity, message = secret.mask(record.message),
    file = record.file,
    line = record.line, column = record.column, path = record.path and secret.mask(record.path) })
end

-- line(target) -> its line; target is { index, who, kind, file, size, sha256, status, found = diagnostics }.
function manifest.line(target)
  local found = {}
  for i, d in ipairs(target.found) do found[i] = finding(d) end
  return ('{"index":%d,%s,"kind":%s,"file":%s,%s"sha256":%s,"status":"%s","findings":[%s]}\n'):format(target.index, target.who,
    quoted(target.kind),
    quoted(target.file), target.size and ('"size":%d,'):format(target.size) or "", quoted(target.sha256), target.status,
      table.concat(found, ","))
end

-- without_mark(bytes of a target in a chunk) -> the bytes that a file of its own would have
function manifest.without_mark(bytes) return bytes:sub(1, 4) == "---\n" and bytes:sub(5) or bytes end

-- decode(line) -> its value, or nil when it is none
function manifest.decode(text)
  local source = load.source(text, "manifest")
  local reader = source and load.reader(source)
  local document = reader and load.document(reader)
  local v = document and load.root(document)
  return type(v) == "table" and v or nil
end

local function text_of(raw)
  if raw == nil or raw == "null" then return nil end
  return raw:find "\\" and manifest.decode("v: " .. raw).v or raw:sub(2, -2)
end

-- read(line) -> target, as `line` takes it, with the text of its findings; nil when it is no line of a manifest
function manifest.read(text)
  local index, who, kind, rest = text:match '^{"index":(%d+),("namespace":.-),"kind":("?[^"]*"?),"file":(.*)}$'
  if not index then return nil end
  local file, size, sha256, status, findings = rest:match '^(.-),"size":(%d+),"sha256":(.-),"status":"(%l+)","findings":%[(.*)%]$'
  if not file then
    file, sha256, status, findings = rest:match '^(.-),"sha256":(.-),"status":"(%l+)","findings":%[(.*)%]$'
  end
  if not file then return nil end
  return { index = math.tointeger(tonumber(index)), who = who, kind = text_of(kind), file = text_of(file),
    size = math.tointeger(tonumber(size)),
    sha256 = text_of(sha256), status = status, findings = findings }
end

-- lines(file [, offset]) -> iterator over the lines from there on, without their ends, each with the offset behind it. What is no whole
-- line ends it.
function manifest.lines(file, offset)
  local at, kept, start = offset or 0, "", 1
  local from = at
  return function()
    while true do
      local stop = kept:find("\n", start, true)
      if stop then
        local line = kept:sub(start, stop - 1)
        from, start = from + stop - start + 1, stop + 1
        return line, from
      end
      kept = kept:sub(start)
      start = 1
      local bytes = #kept < MOST_LINE and file:read(at, BLOCK) or ""
      if bytes == "" then return nil end
      at = at + #bytes
      kept = kept .. bytes
    end
  end
end

-- What is wrong with a file that should be a manifest of ours.
local function foreign(path, why)
  return { rule = "bad-manifest", severity = "error", trouble = true, message = ("%s is no manifest of moonstep: %s"):format(path, why) }
end

-- head_of(file, path) -> the value of its first line, the offset behind it | nil, diagnostic
function manifest.head_of(file, path)
  local line, after = manifest.lines(file)()
  local head = line and manifest.decode(line)
  if not head or type(head.format) ~= "string" then return nil, foreign(path, "its first line does not say so") end
  if head.format ~= FORMAT then
    return nil, foreign(path, ("it says %s, and this version knows %s"):format(diag.visible(head.format), FORMAT))
  end
  return head, after
end

-- open(path of a folder or of a manifest) -> file, offset of the first target, folder | nil, diagnostic
function manifest.open(path)
  local files = require "engine.files"
  local folder = path
  if files.is_folder(path) then path = path .. "/" .. manifest.file else folder = path:match "^(.*)/[^/]*$" or "." end
  local file, problem = engine.file(path)
  if not file then return nil, { rule = problem.id, severity = "error", trouble = true, message = problem.message } end
  local head, after = manifest.head_of(file, path)
  if not head then return nil, after end
  return file, after, folder
end

return manifest
