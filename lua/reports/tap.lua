-- Findings as TAP (Test Anything Protocol, version 14, which readers of version 13 read too): a test point for each finding and for each
-- rule that found nothing. What makes the run fail is `not ok`; other findings are `ok` and say what they are below; what is waived is
-- skipped.
local diag = require "base.diag"
local emit = require "engine.emit"
local passed = require "reports.passed"
local written = require "reports.written"

local KEYS = { "message", "severity", "at", "file", "line", "column", "hint", "within", "object", "kind", "namespace", "name", "index" }

local function escape(text) return (diag.visible(text):gsub("[\\#]", "\\%0")) end

local function visible(text) return text and diag.visible(text) end

local function visible_object(object)
  if not object then return nil end
  return { kind = visible(object.kind), namespace = visible(object.namespace), name = visible(object.name), index = object.index }
end

-- The block of YAML below a test point, two columns in.
local function diagnostics(d, emitter)
  local place = d.place
  local text = emitter:yaml { message = visible(d.message), severity = d.severity, hint = visible(d.hint), within = visible(d.within),
    at = place and { file = visible(place.file), line = place.line, column = place.column }, object = visible_object(d.object) }
  return "  ---\n" .. text:gsub("[^\n]+", "  %0") .. "  ...\n"
end

-- report(findings, run [, add]) -> text
return written(function(each, run, add)
  local quiet, emitter, all = passed(each, run.rules), emit.new(KEYS), 0
  for _ in each() do all = all + 1 end
  add(("TAP version 14\n1..%d\n"):format(math.max(1, all + #quiet)))
  local count = 0
  local function point(ok, description, directive)
    count = count + 1
    add(("%s %d - %s%s\n"):format(ok and "ok" or "not ok", count, escape(description), directive or ""))
  end
  for d in each() do
    local place = d.place and d.place.file .. (d.place.line and (":%d:%d"):format(d.place.line, d.place.column) or "") .. ": " or ""
    point(not run.fails(d), ("%s: %s%s"):format(d.rule, place, d.message),
      d.waived and " # SKIP waived: " .. escape(d.waived.reason) or nil)
    add(diagnostics(d, emitter))
  end
  for _, name in ipairs(quiet) do point(true, name) end
  if count == 0 then point(true, "nothing was found") end
end)
