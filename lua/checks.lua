-- What the rules say in the course of a run: about the objects of the files, about what is rendered and what that rests on, and about all
-- of them together. A run without rules has none of this.
local findings = require "scripts.findings"
local judge = require "scripts.judge"
local provenance = require "templates.provenance"
local rules = require "scripts.rules"
local sandbox = require "scripts.sandbox"
local verdicts = require "scripts.verdicts"
local waivers = require "scripts.waivers"
local write = require "output.write"

local Checks = {}
Checks.__index = Checks

-- Where judging is what the user asked for, what is wrong with a document is a finding among the others: this takes a report's place.
function Checks:sink(report)
  return { add = function(_, d)
    if d.trouble and d.trouble ~= "document" then return report:add(d) end
    if d.trouble then self.broken = true end
    self.findings:add(d)
  end }
end

-- document(document, keep): judges an object that nothing else needs, as scripts.judge says.
function Checks:document(document, keep) judge.document(document, self, keep) end

-- Judges the documents that wait for it.
function Checks:finish_documents() judge.finish(self) end

-- Runs the rules over an entry of the model, once.
function Checks:entry(entry)
  if entry.checked or not entry.value then return end
  entry.checked = true
  if not rules.check(self.registry, { value = entry.value }, self.findings) then entry.findings = true end
end

-- Returns true when all secrets of what was made stand where they may, which no other rule has to see to.
function Checks:secrets(written, resolver)
  local kept, origin = true, provenance(resolver)
  for _, each in ipairs(written) do
    if each.original then kept = require "scripts.secrets".check(each.original, origin, self.findings) and kept end
  end
  return kept
end

-- The entries that are keys of a table, in an order that is the same in every run.
local function in_order(used)
  local all = {}
  for entry in pairs(used) do all[#all + 1] = entry end
  table.sort(all, function(a, b)
    if a.kind ~= b.kind then return a.kind < b.kind end
    return (a.namespace or "") .. "/" .. a.name < (b.namespace or "") .. "/" .. b.name
  end)
  return all
end

-- True when an object is known to be clean, because all that rules look at is as in others. The first of its kind is not worth it.
function Checks:is_like_others(each, task)
  if self.options.no_plan or each.original then return false end
  local key = ("%s\0%s"):format(each.object.kind, task or "")
  local memory = self.memories[key]
  if memory == nil then
    self.memories[key] = false
    return false
  end
  if not memory then
    memory = verdicts.memory(self.registry)
    self.memories[key] = memory
  end
  local text = self.options.output == "name" and write.text(each.object, "ndjson") or each.text
  return (verdicts.clean(memory, text, each.object.kind, task))
end

-- Runs the rules over what was made, and over what that rests on. Returns true when nothing that counts was found.
function Checks:made(written, resolver)
  if #self.registry.rules == 0 then return true end
  for _, entry in ipairs(in_order(resolver.used)) do self:entry(entry) end
  local clean, task = true, resolver.task and resolver.task.name
  for _, each in ipairs(written) do
    local origin = provenance(resolver)
    if each.original then origin = function(_, keys) return provenance(resolver)(each.original, keys) end end
    local object = { value = each.object, task = task, origin = origin }
    clean = (self:is_like_others(each, task) or rules.check(self.registry, object, self.findings)) and clean
    rules.keep(self.registry, object)
  end
  return clean
end

-- Reports what was found, by rules that look at all objects together last. Returns the tables of objects that are refused for it.
function Checks:finish(model, report)
  if self.options.judge then
    for _, entry in ipairs(model.entries) do
      sandbox.begin()
      self:entry(entry)
      rules.keep(self.registry, entry)
    end
  end
  local refused = rules.check_all(self.registry, self.findings)
  local fix = self.options.fix and function(...) return require "fixes.apply"(self.options.dry_run, ...) end
  self.findings:flush(report, fix)
  local unused = self.options.targets and {} or waivers.unused(self.registry.waivers) -- what workers set aside, nobody knows here
  for _, d in ipairs(unused) do report:add(d) end
  return self.options.emit_all and {} or refused
end

-- checks(registry, options of the road) -> what goes along with a run
return function(registry, options)
  return setmetatable({ registry = registry, options = options, findings = findings(registry.waivers, options), memories = {} }, Checks)
end
