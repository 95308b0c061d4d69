-- Findings as SARIF 2.1.0 (Static Analysis Results Interchange Format), which code scanning and editors read.
--
-- A finding with a file is a result; one without is a notification of the run, as results are expected to have a place. Neither lines of
-- the user's files nor the command line are in the report: they may hold secrets. Columns count characters, and ends stand behind the
-- last one.
local diag = require "base.diag"
local emit = require "engine.emit"
local ids = require "base.ids"
local remote = require "scripts.remote"
local value = require "base.value"
local written = require "reports.written"

local SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

local KEYS = { "ruleId", "id", "ruleIndex", "index", "name", "level", "message", "text", "markdown", "shortDescription",
  "fullDescription", "help", "helpUri", "defaultConfiguration", "descriptor", "locations", "physicalLocation", "artifactLocation",
  "uri", "uriBaseId", "region", "startLine", "startColumn", "endLine", "endColumn", "logicalLocations", "kind", "fullyQualifiedName",
  "relatedLocations", "partialFingerprints", "fixes", "suppressions", "status", "justification", "properties" }

local LEVELS = { error = "error", warning = "warning", info = "note" }

-- A plain text as SARIF has it: braces are doubled, for single ones hold arguments, and nothing becomes a link.
local function plain(text)
  return { text = (diag.visible(text):gsub("[{}]", "%0%0"):gsub("%]%(", "] (")) }
end

-- --- places

-- A path as a URI. A relative one stays relative, to the folder that moonstep ran in.
local function artifact(path)
  if remote.is_url(path) then return { uri = path:gsub("[^%w%-._~/:?=&%%]", function(c) return ("%%%02X"):format(c:byte()) end) } end
  local uri = path:gsub("^%./+", ""):gsub("[^%w%-._~/]", function(c) return ("%%%02X"):format(c:byte()) end)
  if uri:sub(1, 1) == "/" then return { uri = "file://" .. uri } end
  return { uri = uri, uriBaseId = "%SRCROOT%" }
end

local function region(place)
  if not place.line then return nil end
  return { startLine = place.line, startColumn = place.column, endLine = place.end_line, endColumn = place.end_column }
end

local function physical(place) return { artifactLocation = artifact(place.file), region = region(place) } end

local function name_of(object)
  return ("%s %s%s"):format(object.kind or "", object.namespace and object.namespace .. "/" or "", object.name or "")
end

local function logical(object)
  return object and object.name and value.list { { kind = "resource", name = diag.visible(object.name),
    fullyQualifiedName = diag.visible(name_of(object)) } } or nil
end

-- Whether the finding is a result.
local function has_place(d) return d.place and d.place.file and true or false end

-- --- rules

-- An address that may stand in a report as it is, or nil.
local function address(text) return text and text:match "^https?://[%w%-._~:/?#@!$&'()*+,;=%%]+$" end

-- A rule of a script, or an id of our own, as SARIF describes it.
local function describe(id, rule)
  rule = rule or {}
  local own = ids[id] or {}
  local summary, source = rule.summary or own[2] or "what a script says", address(rule.source)
  local help = plain(rule.help and ("%s. %s"):format(summary, rule.help) or summary .. ".").text
  return { id = diag.visible(id), shortDescription = plain(summary), fullDescription = plain(rule.help or summary .. "."),
    help = { text = help, markdown = source and ("%s\n\n<%s>"):format(help, source) or help }, helpUri = source,
    defaultConfiguration = { level = LEVELS[rule.severity or own[1] or "error"] } }
end

-- The names of the rules of results, and those of notifications.
local function names_of(each)
  local placed, others = {}, {}
  for d in each() do (has_place(d) and placed or others)[d.rule] = true end
  return placed, others
end

-- The rules with these names, with `all` the others of the run too, in order of their ids: descriptions, and id -> index from 0.
local function descriptions(found, rules, all)
  local declared, wanted, names = {}, {}, {}
  local function want(name)
    if not wanted[name] then names[#names + 1] = name end
    wanted[name] = true
  end
  for _, rule in ipairs(rules) do
    declared[rule.name] = declared[rule.name] or rule
    if all then want(rule.name) end
  end
  for name in pairs(found) do want(name) end
  table.sort(names)
  local described, index = {}, {}
  for i, name in ipairs(names) do
    described[i] = describe(name, declared[name])
    index[name] = i - 1
  end
  return described, index
end

-- --- results

-- FNV-1a of 64 bits
local function hash(text)
  local h = -3750763034362895579
  for i = 1, #text do h = (h ~ text:byte(i)) * 1099511628211 end
  return ("%016x"):format(h)
end

local MOST_SEEN = 100000 -- fingerprints that are kept in mind: a batch has any number of findings

-- What tells a finding from others wherever its line goes: rule, file, object, field and words; of equal ones, which it is.
local function fingerprint(d, seen)
  local object = d.object or {}
  local key = table.concat({ d.rule, d.place.file, object.kind or "", object.namespace or "", object.name or d.within or "", d.path or "",
    d.message }, "\0")
  local known_by = hash(key)
  local times = (seen[known_by] or 0) + 1
  if times == 1 then seen.count = seen.count + 1 end
  if times > 1 or seen.count <= MOST_SEEN then seen[known_by] = times end
  return { ["moonstepFinding/v1"] = hash(("%s\0%d"):format(key, times)) }
end

-- The edits of a finding, as one fix with a change for each file.
local function fixes(d)
  if not d.edits then return nil end
  local changes, by_file = value.list {}, {}
  for _, edit in ipairs(d.edits) do
    local file = edit.place.file
    if not by_file[file] then
      by_file[file] = { artifactLocation = artifact(file), replacements = value.list {} }
      changes[#changes + 1] = by_file[file]
    end
    table.insert(by_file[file].replacements, { deletedRegion = region(edit.place), insertedContent = { text = edit.text } })
  end
  return value.list { { description = plain(d.hint or d.message), artifactChanges = changes } }
end

local function message_of(d)
  return plain(d.hint and ("%s (%s)"):format(d.message, d.hint) or d.message)
end

local function related(d)
  local at = d.related and d.related.place
  return at and value.list { { id = 1, physicalLocation = physical(at), message = plain(d.related.message) } } or nil
end

local function suppressions(d)
  return d.waived and value.list { { kind = "external", status = "accepted", justification = diag.visible(d.waived.reason) } } or nil
end

local function result(d, index, seen)
  return { ruleId = diag.visible(d.rule), ruleIndex = index[d.rule], level = LEVELS[d.severity], message = message_of(d),
    locations = value.list { { physicalLocation = physical(d.place), logicalLocations = logical(d.object) } },
    relatedLocations = related(d), partialFingerprints = fingerprint(d, seen), fixes = fixes(d), suppressions = suppressions(d),
    properties = (d.within or d.path) and { within = d.within and diag.visible(d.within), path = d.path and diag.visible(d.path) } or nil }
end

local function notification(d, index)
  return { descriptor = { id = diag.visible(d.rule), index = index[d.rule] }, level = LEVELS[d.severity], message = message_of(d) }
end

-- Lists of many: an item a line, each written for itself. next_item() gives them.
local function add_list(add, emitter, next_item)
  local between = "[\n"
  for item in next_item do
    add(between)
    add(diag.quiet_json(emitter:json(item)))
    between = ",\n"
  end
  add(between == "[\n" and "[]" or "\n]")
end

-- Iterator over what `make` makes of the findings that are results, or of those that are none.
local function made_of(next_item, make, wanted)
  return function()
    for d in next_item do
      if has_place(d) == wanted then return make(d) end
    end
  end
end

local function each_of(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

local FORM = [[
{
"$schema": "{{schema}}",
"version": "2.1.0",
"runs": [{
"tool": {"driver": {"name": "moonstep", "version": "{{version}}", "semanticVersion": "{{version}}",
"rules": {{rules}},
"notifications": {{notes}}}},
"columnKind": "unicodeCodePoints",
"originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder that moonstep was run in."}}},
"invocations": [{"executionSuccessful": {{successful}}, "exitCode": {{status}}, "toolExecutionNotifications": {{notifications}}}],
"results": {{results}}
}]
}
]]

-- report(findings, run [, add]) -> text
return written(function(each, run, add)
  local placed, others = names_of(each)
  local rules, rule_index = descriptions(placed, run.rules, true)
  local notes, note_index = descriptions(others, run.rules)
  local emitter, seen = emit.new(KEYS), { count = 0 }
  local fills = { schema = SCHEMA, version = run.version, successful = tostring(run.status < 2), status = tostring(run.status),
    rules = each_of(rules), notes = each_of(notes),
    notifications = made_of(each(), function(d) return notification(d, note_index) end, false),
    results = made_of(each(), function(d) return result(d, rule_index, seen) end, true) }
  local at = 1
  for from, name, to in FORM:gmatch "(){{(%a+)}}()" do
    add(FORM:sub(at, from - 1))
    local fill = fills[name]
    if type(fill) == "string" then add(fill) else add_list(add, emitter, fill) end
    at = to
  end
  add(FORM:sub(at))
end)
