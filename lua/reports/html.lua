-- Findings and the objects that they are about as one page of HTML, which needs nothing but a browser: no server, no network.
--
--   local page = html.new { title = "…", facts = { { "Task", "nightly" }, … } }
--   page:target { name, namespace, kind, object, text, findings, provenance, failed, withheld }   -- as often as there are targets
--   page:finding(record)                                                                          -- one that belongs to no target
--   page:write(file)
--
-- Or a target has `pieces` and `slots`, as batch.texts has them, and how many objects were `made`, in place of a text.
--
-- A target's `object` names what was made of it, `text` is the YAML of its objects, `findings` are records of base.diag, and `provenance`
-- is a list of { path, place, words }: where a field of the object was written. Nothing is kept of a target but its row, see
-- reports/html/spool.lua. What the browser does with the rows is in reports/html/*.js.
--
-- The page may hold names and texts of strangers. They stand in it as JSON, the browser shows them as text, and by the page's own policy
-- it runs nothing but the script of this page, which the policy names by its digest. The same input gives the same bytes.
local base64 = require "base.base64"
local diag = require "base.diag"
local digest = require "engine.digest"
local files = require "engine.files"
local host = require "engine.host"
local secret = require "engine.secret"
local spool = require "reports.html.spool"
local value = require "base.value"

local html = {}

local Page = {}
Page.__index = Page

local FOLDER = "lua/reports/html/"
local SCRIPTS = { "data.js", "yaml.js", "grid.js", "views.js", "charts.js", "detail.js", "main.js" }
local SEVERITIES, WAIVED = { error = 1, warning = 2, info = 3 }, 4
local PASSED, WITHHELD, FAILED = 0, 1, 2

local function line(text) return text and diag.visible(text) or "" end

local function where(record)
  if not record.file then return "" end
  return record.line and ("%s:%d:%d"):format(line(record.file), record.line, record.column or 1) or line(record.file)
end

-- A finding as lines, in the order in which data.js reads them.
local function finding_text(d)
  local object, related, waived = d.object or {}, d.related or {}, d.waived or {}
  return table.concat({ line(d.message), line(d.hint), where(d), line(d.path), line(d.within), line(object.kind), line(object.namespace),
    line(object.name), line(related.message), where(related), line(waived.reason), line(waived.expires) }, "\n")
end

-- What is known of a rule: its number, from 0, and counts, as SEVERITIES has them.
function Page:rule_of(name)
  local rule = self.rule_by_name[name]
  if not rule then
    rule = { number = #self.rules, name = name, counts = { 0, 0, 0, 0 } }
    self.rule_by_name[name] = rule
    self.rules[#self.rules + 1] = rule
  end
  return rule
end

-- Counts a finding, and lists it behind the target with that number, from 0; -1 is none.
function Page:add_finding(d, number, name, namespace)
  local severity, rule = SEVERITIES[d.severity], self:rule_of(d.rule)
  local counted = d.waived and WAIVED or severity
  rule.counts[counted] = rule.counts[counted] + 1
  self.totals.severities[counted] = self.totals.severities[counted] + 1
  local listed = self.spool:add("findings", { number, severity - 1, d.waived and 1 or 0, rule.number }, "finding " .. d.rule,
    finding_text(d), name, namespace)
  if not listed then self.unlisted.findings = self.unlisted.findings + 1 end
end

-- A target's texts in one: kind and name of its object, how many lines of provenance there are, those, and its YAML.
local function target_text(target)
  local out = { line(target.kind), line(target.object), 0 }
  for _, each in ipairs(target.provenance or {}) do
    out[#out + 1] = ("%s\t%s\t%s"):format(line(each.path), line(each.place), line(each.words))
  end
  out[3] = #out - 3
  out[#out + 1] = target.text and secret.mask(target.text) or ""
  return table.concat(out, "\n")
end

-- The number of objects in a stream of YAML documents; only between documents stands `---` alone on a line.
local function count_objects(text)
  local count, at = text and text ~= "" and 1 or 0, 1
  while count > 0 do
    at = text:find("\n---\n", at, true)
    if not at then break end
    count, at = count + 1, at + 4
  end
  return count
end

function Page:target(target)
  local totals, status = self.totals, target.failed and FAILED or target.withheld and WITHHELD or PASSED
  local name, namespace = line(target.name), line(target.namespace)
  totals.targets = totals.targets + 1
  totals.statuses[status + 1] = totals.statuses[status + 1] + 1
  totals.objects = totals.objects + (target.made or count_objects(target.text))
  local number, listed = self.spool.targets.count
  if target.pieces then listed = self.spool:add_told("targets", { name, namespace, status }, target.pieces, target.slots)
  else listed = self.spool:add("targets", { name, namespace, status }, "target", target_text(target), name, namespace) end
  if not listed then number, self.unlisted.targets = -1, self.unlisted.targets + 1 end
  for _, d in ipairs(target.findings or {}) do self:add_finding(d, number, name, namespace) end
end

function Page:finding(record) self:add_finding(record, -1, "", "") end

-- What the page shows before any row: all counts, of what is not listed too.
function Page:head()
  local totals, rules = self.totals, value.list {}
  for i, rule in ipairs(self.rules) do rules[i] = { line(rule.name), table.unpack(rule.counts) } end
  return { facts = self.facts, version = host.version(), rules = rules, targets = totals.targets, objects = totals.objects,
    statuses = totals.statuses, severities = totals.severities, unlistedTargets = self.unlisted.targets,
    unlistedFindings = self.unlisted.findings, leftOut = self.spool.left_out }
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function escape(text) return (text:gsub("[&<>\"']", ENTITIES)) end

-- A text as the policy names it.
local function source(text)
  local bytes = digest.sha256(text):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
  return "'sha256-" .. base64.encode(bytes) .. "'"
end

local function script_text()
  local parts = { "\"use strict\";\n" }
  for i, name in ipairs(SCRIPTS) do parts[i + 1] = host.text(FOLDER .. name) end
  return table.concat(parts)
end

-- parts() -> the page as a list of strings, to be joined
function Page:parts()
  local script, style = script_text(), host.text(FOLDER .. "style.css")
  local totals = self.totals
  local fills = { title = escape(self.title), script = script, style = style, script_digest = source(script), style_digest = source(style),
    counts = ("%d targets, %d errors, %d warnings"):format(totals.targets, totals.severities[1], totals.severities[2]),
    head = self.spool:json(self:head()) }
  local parts = {}
  local form, at = host.text(FOLDER .. "page.html"), 1
  for from, name, to in form:gmatch "(){{([%a_]+)}}()" do
    parts[#parts + 1] = form:sub(at, from - 1)
    if fills[name] then parts[#parts + 1] = fills[name] else self.spool:write(name, parts) end
    at = to
  end
  parts[#parts + 1] = form:sub(at)
  return parts
end

-- write(path) -> true | nil, problem: a page is written as a whole; nothing can be added behind that.
function Page:write(path) return files.replace(path, self:parts()) end

-- new { title, facts } -> a page. `facts` is a list of { name, value }: what describes the run and is the same in every run.
function html.new(settings)
  local facts = value.list {}
  for i, fact in ipairs(settings.facts or {}) do facts[i] = { line(fact[1]), line(fact[2]) } end
  return setmetatable({ title = line(settings.title), facts = facts, spool = spool(), rules = {}, rule_by_name = {},
    unlisted = { targets = 0, findings = 0 },
    totals = { targets = 0, objects = 0, statuses = { 0, 0, 0 }, severities = { 0, 0, 0, 0 } } }, Page)
end

return html
