-- Diagnostics: every finding and every error, from where it is noticed to how it is printed.
--
-- A diagnostic is a table:
--   rule      stable id, such as "unset-variable"
--   severity  "error", "warning" or "info"
--   message   one sentence without a full stop
--   place     see base.place, or { file }, or nil
--   related   { place = …, message = … }: a second place that belongs to it, or nil
--   hint      what to do about it, or nil
--   within    words that say where in the model it is, or nil
--   object    { kind, namespace, name, index }: what it is about, or nil
--   edits     { { place = …, text = … }, … }: what mends it, as text to put where each place is, or nil
--   waived    { reason = …, expires = … }: a waiver sets it aside; it does not count and only reports that keep everything show it, or nil
--   trouble   true when it means that something could not be read or rendered (exit status 2), else it is a finding (1); "document" when
--             what was read is no proper document, which is a finding where documents are judged
--
-- Whatever text comes from a file or a script has its control characters made visible before it is printed, and no known secret is in it
-- (engine.secret): those are taken out when a diagnostic is added to a report, so no format has to think of it, and from every text that
-- goes through `visible`.
local host = require "engine.host"
local emit = require "engine.emit"
local load = require "engine.load"
local secret = require "engine.secret"

local diag = {}

local MOST_BYTES = 4000 -- of a message that are shown

local function cut(text)
  text = tostring(text)
  if #text <= MOST_BYTES then return text end
  local stop = MOST_BYTES
  while stop > MOST_BYTES - 4 and text:byte(stop + 1) & 0xC0 == 0x80 do stop = stop - 1 end
  return ("%s… (%d bytes more)"):format(text:sub(1, stop), #text - stop)
end

-- The text with every byte that is no UTF-8 as \xNN.
local function whole_characters(text)
  local out, at = {}, 1
  while true do
    local length, bad = utf8.len(text, at)
    out[#out + 1] = text:sub(at, length and -1 or bad - 1)
    if length then return table.concat(out) end
    out[#out + 1] = ("\\x%02x"):format(text:byte(bad))
    at = bad + 1
  end
end

-- Characters beyond ASCII that a terminal obeys or that turn text round: C1 controls, line separators, marks of direction.
local BEYOND = { "\194[\128-\159]", "\216\156", "\226\128[\142\143\168-\174]", "\226\129[\166-\175]" }

local function escape_beyond(text)
  for _, pattern in ipairs(BEYOND) do
    text = text:gsub(pattern, function(c) return ("\\u%04x"):format(utf8.codepoint(c)) end)
  end
  return text
end

-- The text as a terminal shows and does not obey it. What is very long is cut.
local function obeyed_by_none(text)
  text = cut(text)
  if not text:find "[^\32-\126]" then return text end
  text = text:gsub("[%z\1-\31\127]", function(c) return ("\\x%02x"):format(c:byte()) end)
  return escape_beyond(utf8.len(text) and text or whole_characters(text))
end

-- visible(text) -> text that a terminal shows and does not obey, without known secrets. What is very long is cut.
local function visible(text) return obeyed_by_none(secret.mask(tostring(text))) end
diag.visible = visible

-- is_visible(text) -> true when a terminal shows all of it as it is
function diag.is_visible(text) return obeyed_by_none(text) == text end

local WIDTH = 160 -- columns of a source line that are shown

-- The line of the file with the place marked below it, and the hint behind the mark.
local function excerpt(out, place, hint)
  local line = place.source and load.line(place.source, place.line)
  if not line or not utf8.len(line) or secret.mask(line) ~= line then return false end
  line = line:gsub("[%z\1-\31\127]", " ")
  for _, pattern in ipairs(BEYOND) do line = line:gsub(pattern, " ") end
  local from, length = 1, utf8.len(line)
  if length > WIDTH then from = math.max(1, math.min(place.column - WIDTH // 2, length - WIDTH + 1)) end
  local shown = line:sub(utf8.offset(line, from), (utf8.offset(line, math.min(from + WIDTH, length + 1)) or 0) - 1)
  local width = place.end_line == place.line and place.end_column - place.column or length + 1 - place.column
  width = math.max(1, math.min(width, from + WIDTH - place.column))
  local number = ("%5d"):format(place.line)
  out[#out + 1] = ("%s | %s\n"):format(number, shown)
  out[#out + 1] = ("%s | %s%s%s\n"):format((" "):rep(#number), (" "):rep(place.column - from), ("^"):rep(width), hint and " " .. hint or "")
  return true
end

local COLOURS = { error = "\27[1;31m", warning = "\27[1;33m", info = "\27[1;36m", fixed = "\27[1;32m" }

local function where(place)
  if not place then return "moonstep" end
  if not place.line then return visible(place.file) end
  return ("%s:%d:%d"):format(visible(place.file), place.line, place.column)
end

function diag.human(d, coloured)
  local head = ("%s[%s]"):format(d.severity, visible(d.rule))
  if coloured then head = COLOURS[d.severity] .. head .. "\27[0m" end
  local hint = d.hint and visible(d.hint)
  local out = { ("%s: %s: %s\n"):format(where(d.place), head, visible(d.message)) }
  local shown = d.place and d.place.line and excerpt(out, d.place, hint)
  if hint and not shown then out[#out + 1] = "      " .. hint .. "\n" end
  if d.related then
    out[#out + 1] = ("%s: %s\n"):format(where(d.related.place), visible(d.related.message))
    if d.related.place.line then excerpt(out, d.related.place) end
  end
  if d.within then out[#out + 1] = "      in " .. visible(d.within) .. "\n" end
  return table.concat(out)
end

local FIELDS = { "rule", "severity", "message", "file", "line", "column", "endLine", "endColumn", "object", "hint", "within", "path",
  "related", "waived", "kind", "namespace", "name", "index" }
local emitter

local function related_record(related)
  local place = related.place or {}
  return { message = cut(related.message), file = place.file, line = place.line, column = place.column }
end

-- record(d) -> what programs are told of it, as a table of strings and numbers
function diag.record(d)
  local place = d.place or {}
  return { rule = cut(secret.mask(d.rule)), severity = d.severity, message = cut(d.message), file = place.file, line = place.line,
    column = place.column, endLine = place.end_line, endColumn = place.end_column, object = d.object, hint = d.hint and cut(d.hint),
    within = d.within and cut(d.within), path = d.path and cut(d.path), related = d.related and related_record(d.related),
    waived = d.waived }
end

-- JSON in which nothing stands that turns text round on a terminal.
function diag.quiet_json(text)
  return text:find "[\194\216\226]" and escape_beyond(text) or text
end

function diag.ndjson(d)
  emitter = emitter or emit.new(FIELDS)
  return diag.quiet_json(emitter:json(diag.record(d))) .. "\n"
end

-- A report counts diagnostics and prints them as they come, to standard error or, when they are what was asked for, to standard output.
local Report = {}
Report.__index = Report

local RANK = { error = 3, warning = 2, info = 1, never = 4 }

-- fails(severity, fail_on) -> whether a finding of that severity makes the run fail.
function diag.fails(severity, fail_on) return RANK[severity] >= RANK[fail_on or "error"] end

-- report{ format = "human" | "ndjson", quiet = boolean, stdout = boolean, fail_on = severity or "never", judging = boolean }; with
-- `judging`, documents that are none are findings. Other formats, which lua/reports has, are given as `text`: a function that makes a text
-- of a diagnostic, or false when nothing is printed at once. What is added goes to the list `kept` too, if there is one.
function diag.report(settings)
  if settings.format == "ndjson" then host.ndjson() end
  local text = settings.text
  if text == nil then text = settings.format == "ndjson" and diag.ndjson or diag.human end
  return setmetatable({ text = text, format = settings.format, kept = settings.kept, quiet = settings.quiet,
    write = settings.stdout and host.output or host.message, fail_on = settings.fail_on, judging = settings.judging,
    coloured = host.coloured(settings.stdout and 1 or 2), failing = 0, troubles = 0 }, Report)
end

-- The texts and places of a diagnostic without known secrets. Places and objects may be others' too, so they are copied.
local function masked(v)
  if type(v) == "string" then return secret.mask(v) end
  if type(v) ~= "table" then return v end
  local copy = {}
  for key, each in pairs(v) do copy[key] = masked(each) end
  return copy
end

local MASKED = { "message", "hint", "within", "path", "object", "place", "related", "waived" }

-- hide_secrets(d): takes known secrets out of it. An edit with one would put it into a report, and without it something else into a file.
function diag.hide_secrets(d)
  for _, field in ipairs(MASKED) do d[field] = masked(d[field]) end
  for _, edit in ipairs(d.edits or {}) do
    if secret.mask(edit.text) ~= edit.text then
      d.edits = nil
      return
    end
  end
end

-- add(d): counts and prints it; while report.held is a list, it goes there, to be added later.
function Report:add(d)
  if self.held then
    self.held[#self.held + 1] = d
    return
  end
  if secret.any() then diag.hide_secrets(d) end
  if self.kept then table.insert(self.kept, d) end
  if d.waived then return end
  if diag.fails(d.severity, self.fail_on) then self.failing = self.failing + 1 end
  if d.severity == "error" then
    if d.trouble and not (self.judging and d.trouble == "document") then self.troubles = self.troubles + 1 end
  elseif self.quiet then return end
  if self.text then self.write(self.text(d, self.coloured)) end
end

-- Tells people of a finding that is none any more; it counts for nothing.
function Report:fixed(d)
  if self.quiet or self.text ~= diag.human then return end
  local at = d.place and { file = d.place.file, line = d.place.line, column = d.place.column } -- its line is another by now
  self.write(diag.human({ rule = d.rule, severity = "fixed", message = d.message, place = at }, self.coloured))
end

-- The exit status that what was reported asks for.
function Report:status()
  if self.troubles > 0 then return 2 end
  return self.failing > 0 and 1 or 0
end

-- Diagnostics that were raised. A script can raise a table that looks like one.
local raised = setmetatable({}, { __mode = "k" })

-- Raises a diagnostic: the one way in which our Lua fails. Its catcher has the report.
function diag.raise(d)
  d.severity = d.severity or "error"
  d.trouble = true
  raised[d] = true
  error(d, 0)
end

-- True for what `raise` raised.
function diag.is(v) return type(v) == "table" and raised[v] == true end

-- catch(function, ...) -> true, its result | false, the diagnostic that it raised. Anything else that was raised goes on.
function diag.catch(f, ...)
  local ok, result = pcall(f, ...)
  if not ok and not diag.is(result) then error(result, 0) end
  return ok, result
end

return diag
