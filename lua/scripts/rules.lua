-- Rules of scripts and packs, run over objects: those of the given files and those that were rendered.
--
-- Most objects of a big stream are alike: verdicts about documents are remembered by what the rules looked at (engine.recall). That is
-- exact as long as a rule's check is a function of the object.
local load = require "engine.load"
local path = require "base.path"
local place = require "base.place"
local recall = require "engine.recall"
local sandbox = require "scripts.sandbox"
local secret = require "engine.secret"
local selection = require "scripts.selection"
local value = require "base.value"
local view = require "engine.view"

local rules = {}

-- Findings of one rule about one object.
local MOST_FINDINGS = 1000

-- Limits that the rules of one script may hit in a run before none of them is asked any more.
local MOST_LIMITS = 2

-- The object as messages name it; any of its fields may be missing or of another type.
local function object_of(object)
  local function text(...)
    local v = value.get(object, ...)
    return type(v) == "string" and v or nil
  end
  return { kind = text "kind" or "object", namespace = text("metadata", "namespace"), name = text("metadata", "name") or "" }
end

local function name_of(named)
  return ("%s %s%s"):format(named.kind, named.namespace and named.namespace .. "/" or "", named.name)
end

-- The keys that a rule's `key` names below a part: a key of it, a path, or a list of keys. What can be no key ends them.
local function keys_of(t, key)
  if type(key) == "string" and t[key] == nil and key:find "[%.%[]" then return path.parse(key) or { key } end
  local keys = {}
  for _, each in ipairs(type(key) == "table" and key or { key }) do
    if type(each) ~= "string" and math.type(each) ~= "integer" then break end
    keys[#keys + 1] = each
  end
  return keys
end

-- The table and key of what the keys lead to, or of the deepest part that exists.
local function deepest(t, keys)
  for i = 1, #keys - 1 do
    local below = view.part(t[keys[i]])
    if type(below) ~= "table" then return t, keys[i] end
    t = below
  end
  return t, keys[#keys]
end

local MORE = { hint = "string", fix = "any", on = "string" }

local function check_more(more)
  if more == nil then return {} end
  if type(more) ~= "table" then error("report: what stands behind the message is a table: { hint = …, fix = … }", 3) end
  for name, v in pairs(more) do
    if not MORE[name] then error(("report has no %s; there are hint, fix and on"):format(tostring(name)), 3) end
    if secret.is(v) then error(("report: the %s must not be a secret"):format(name), 3) end
    if MORE[name] == "string" and type(v) ~= "string" then error(("report: the %s must be a string"):format(name), 3) end
  end
  if more.on and more.on ~= "key" then error(('report: on must be "key", not %q'):format(more.on), 3) end
  return more
end

-- What a rule said, apart from the object that it said it about: { rule, keys, message, hint, fix, on }. `keys` lead there from the
-- object's root; where the rule reported a table of its own, `part` is that table.
--
-- The report function that a rule's check is given; `said` gets what it says.
local function reporter(rule, root, said)
  local count = 0
  return function(part, key, message, more)
    local t = view.part(part)
    if type(t) ~= "table" then error("report needs the object, or a part of it, and a key in it", 2) end
    if type(message) ~= "string" then error("report needs a message: report(part, key, message)", 2) end
    more = check_more(more)
    if count == MOST_FINDINGS then error(("more than %d findings about one object"):format(MOST_FINDINGS), 2) end
    count = count + 1
    local keys = recall.keys(part) or path.find(root, t)
    local below = keys_of(t, view.part(key))
    said[#said + 1] = { rule = rule, part = not keys and t or nil, keys = keys and table.move(below, 1, #below, #keys + 1, keys) or below,
      message = message, hint = more.hint, fix = more.fix, on = more.on }
  end
end

-- Where what was said about an object was written.
local function place_of(said, object)
  if not object.value then return place.at(object.document, said.keys, said.on) end
  local t, key = deepest(said.part or object.value, said.keys)
  return place.of(t, key, said.on) or object.origin and not said.part and object.origin(object.value, said.keys) or nil
end

-- The finding for what was said about an object. `table` and `keys` lead to the field, where tables of the object were made.
local function finding_of(said, object, named)
  return { rule = said.rule.name, severity = said.rule.severity, message = said.message, place = place_of(said, object), object = named,
    within = name_of(named), hint = said.hint, path = not said.part and path.text(said.keys) or nil, fix = said.fix,
    table = said.part or object.value, keys = said.keys }
end

-- What a rule that failed is worth: a finding against its script.
local function failed_rule(rule, why, named)
  why.severity, why.trouble = "error", nil
  why.within = ("rule %s, asked about %s"):format(rule.name, name_of(named))
  why.object = named
  if why.limit then
    rule.script.limits_hit = (rule.script.limits_hit or 0) + 1
    rule.stopped = true
    if rule.script.limits_hit >= MOST_LIMITS then rule.script.stopped = true end
  end
  return why
end

-- One run of rules over one object.
--
-- An object is { value, view, task, origin }: its table, what rules see of it, the name of the Task that it was made for, and for what a
-- template made a function that says where fields come from whose tables have no places (templates.provenance). What rules say is kept by
-- their positions until all have spoken, so that it does not matter which of them were asked and which remembered.
local Run = {}
Run.__index = Run

-- Asks a rule; what it looks at is noted when `note` is true and the object is watched.
function Run:ask(rule, position, note)
  local object, said = self.object, {}
  local watch = note and self.watch
  if watch then watch:begin(rule.number) end
  self.said[position] = said
  if selection.applies(rule.selection, object.view, object.task) then
    selection.call(rule.selection, rule.check, object.view, reporter(rule, object.value, said))
  end
  if watch then
    local verdicts = self.registry.verdicts
    if said[1] then verdicts[#verdicts + 1] = said end
    watch:finish(said[1] and #verdicts or 0)
  end
end

-- Asks those of `asked` that `order` says, by their positions (negative: without noting), from order[from] on, until one fails. Returns
-- the index in `order` behind the last that was asked, and that rule's diagnostic when it failed.
function Run:ask_from(asked, order, from)
  local i = from
  local job = { what = "rules, asked about " .. name_of(self.named), file = asked[math.abs(order[from])].file }
  local ok, why = sandbox.run(job, function()
    while i <= #order do
      local position = math.abs(order[i])
      local rule = asked[position]
      i = i + 1
      job.file = rule.file
      if not rule.stopped and not rule.script.stopped then self:ask(rule, position, order[i - 1] > 0) end
    end
  end)
  return i, not ok and why or nil
end

-- Asks rules as ask_from does, all of them: what goes wrong inside a rule is a finding against its script, and the next is asked.
function Run:ask_all(asked, order)
  local i = 1
  while i <= #order do
    local behind, why = self:ask_from(asked, order, i)
    i = math.max(behind, i + 1) -- the first was not asked where the time was over before it
    if why then
      local position = math.abs(order[i - 1])
      self.failed[position] = failed_rule(asked[position], why, self.named)
      if why.limit then sandbox.begin() end
    end
  end
end

-- Adds what the rules said to the findings. Returns true when none that counts stands.
function Run:finish(count)
  local clean = true
  for position = 1, count do
    for _, each in ipairs(self.said[position] or {}) do
      clean = not self.findings:add(finding_of(each, self.object, self.named)) and clean
    end
    if self.failed[position] then clean = not self.findings:add(self.failed[position]) and clean end
  end
  return clean
end

-- The registry's rules that look at single objects of the kind, in the order of their declaration, with their numbers and all positions.
local function rules_for(registry, kind)
  local by_kind = registry.rules_by_kind
  local found = by_kind[kind]
  if found then return found end
  found = { numbers = {}, all = {} }
  for number, rule in ipairs(registry.rules) do
    if rule.check and selection.of_kind(rule.selection, kind) then
      rule.number = number
      found[#found + 1], found.numbers[#found + 1], found.all[#found + 1] = rule, number, #found + 1
    end
  end
  by_kind[kind] = found
  return found
end

local function run_of(registry, findings, object)
  local run = { registry = registry, findings = findings, object = object, named = object_of(object.value), said = {}, failed = {} }
  return setmetatable(run, Run)
end

-- check(registry, object, findings) -> true when no finding that counts stands. The object is { value, task, origin }.
function rules.check(registry, object, findings)
  local kind = value.get(object.value, "kind")
  local asked = type(kind) == "string" and rules_for(registry, kind) or {}
  if #asked == 0 then return true end
  object.view = view.of(object.value)
  local run = run_of(registry, findings, object)
  run:ask_all(asked, asked.all)
  return run:finish(#asked)
end

-- recall_verdicts(registry, pending, forgetful): looks for the verdicts of all rules about documents, each { document, kind }, which get
-- `missing`, the positions of rules without one (negative where it is not worth noting), and `verdicts`: the position and the verdict of
-- each rule that found something. Where a question fails, or when `forgetful`, all rules are missing: the one that asks it will fail, and
-- say so.
function rules.recall_verdicts(registry, pending, forgetful)
  registry.watch = not forgetful and (registry.watch or recall.new())
  local i, watch = 1, registry.watch
  local ok = watch and sandbox.run({ what = "rules, recalled", file = "" }, function()
    while i <= #pending do
      local each = pending[i]
      each.missing, each.verdicts = {}, {}
      watch:open(each.document)
      local asked = rules_for(registry, each.kind)
      asked.group = asked.group or watch:group(asked.numbers)
      watch:find(asked.group, #asked, each.missing, each.verdicts)
      i = i + 1
    end
  end)
  if ok then return end
  for j = i, #pending do pending[j].missing, pending[j].verdicts = rules_for(registry, pending[j].kind).all, {} end
end

-- True when what was said can be told without the object's tables.
local function needs_tables(said)
  for _, each in ipairs(said) do
    if each.part or each.fix ~= nil then return true end
  end
  return false
end

-- Findings of verdicts that are all known. Returns the object when its tables were made.
local function take_verdicts(registry, pending, findings)
  if #pending.verdicts == 0 then return nil end
  local run = setmetatable({ findings = findings, said = {}, failed = {}, object = { document = pending.document } }, Run)
  local whole = false
  for i = 1, #pending.verdicts, 2 do
    local said = registry.verdicts[pending.verdicts[i + 1]]
    run.said[pending.verdicts[i]] = said
    whole = whole or needs_tables(said)
  end
  if whole then run.object.value = load.root(pending.document) end
  local document = pending.document
  run.named = { kind = pending.kind, namespace = (load.peek(document, "metadata", "namespace")),
    name = load.peek(document, "metadata", "name") or "" }
  run:finish(#rules_for(registry, pending.kind))
  return whole and run.object or nil
end

-- names(registry, kind, missing) -> the names of rules whose verdicts are not worth remembering, of recall_verdicts' positions
function rules.names(registry, kind, missing)
  local names = {}
  for _, position in ipairs(missing) do
    if position < 0 then names[#names + 1] = rules_for(registry, kind)[-position].name end
  end
  return names
end

-- group(registry, kind) -> the watch that remembers verdicts, the number of the group of all rules for the kind in it, and how many they
-- are
function rules.group(registry, kind)
  registry.watch = registry.watch or recall.new()
  local asked = rules_for(registry, kind)
  asked.group = asked.group or registry.watch:group(asked.numbers)
  return registry.watch, asked.group, #asked
end

-- check_document(registry, pending, findings): as check, for what recall_verdicts was given. Where all verdicts are known, none of the
-- document's tables are made. Returns the object when they were.
function rules.check_document(registry, pending, findings)
  if #pending.missing == 0 then return take_verdicts(registry, pending, findings) end
  local watch, root, asked = registry.watch, load.root(pending.document), rules_for(registry, pending.kind)
  if watch then watch:open(pending.document) end
  local run = run_of(registry, findings, { value = root, view = watch and watch:view(root) or view.of(root), task = pending.task })
  run.watch = watch
  for i = 1, #pending.verdicts, 2 do run.said[pending.verdicts[i]] = registry.verdicts[pending.verdicts[i + 1]] end
  run:ask_all(asked, pending.missing)
  run:finish(#asked)
  return run.object
end

-- True when some rule looks at all objects of the kind together: then they are to be kept.
function rules.looked_at_together(registry, kind)
  local known = registry.together[kind]
  if known ~= nil then return known end
  known = false
  for _, rule in ipairs(registry.rules) do known = known or rule.check_all ~= nil and selection.of_kind(rule.selection, kind) end
  registry.together[kind] = known
  return known
end

-- The object that a table is part of; `by_root` has the objects by their tables.
local function object_with(part, by_root)
  local t = view.part(part)
  if by_root[t] then return by_root[t] end
  for root, object in pairs(type(t) == "table" and by_root or {}) do
    if path.find(root, t) then return object end
  end
  error("report needs an object, or a part of it, and a key in it", 3)
end

local function ask_about_all(rule, objects, said)
  local selected, by_root = {}, {}
  for _, object in ipairs(objects) do
    local kind = value.get(object.value, "kind")
    local seen = view.of(object.value)
    if type(kind) == "string" and selection.of_kind(rule.selection, kind) and selection.applies(rule.selection, seen, object.task) then
      selected[#selected + 1] = seen
      by_root[object.value] = object
    end
  end
  rule.check_all(selected, function(part, ...)
    local object = object_with(part, by_root)
    local one = {}
    reporter(rule, object.value, one)(part, ...)
    said[#said + 1] = { object, one[1] }
  end)
end

-- together(registry) -> the numbers, as keys, of rules that would look at some of the objects that were kept, all together
function rules.together(registry)
  local found = {}
  for number, rule in ipairs(registry.kept[1] and registry.rules or {}) do
    for _, object in ipairs(rule.check_all and registry.kept or {}) do
      if selection.of_kind(rule.selection, value.get(object.value, "kind")) then found[number] = true break end
    end
  end
  return found
end

-- keep(registry, object): for check_all, if some rule wants to see it there.
function rules.keep(registry, object)
  local kind = value.get(object.value, "kind")
  if type(kind) == "string" and rules.looked_at_together(registry, kind) then table.insert(registry.kept, object) end
end

-- check_all(registry, findings) -> the tables, as keys, of objects about which a finding that counts stands: the rules that look at all
-- objects together, each at those that it selects of what was kept.
function rules.check_all(registry, findings)
  local refused, kept = {}, registry.kept
  registry.kept = {}
  for _, rule in ipairs(registry.rules) do
    if rule.check_all and not rule.script.stopped then
      local said = {}
      sandbox.begin()
      local ok, why = sandbox.run({ what = "rule " .. rule.name, file = rule.file }, ask_about_all, rule, kept, said)
      for _, each in ipairs(said) do
        local object, what = each[1], each[2]
        if findings:add(finding_of(what, object, object_of(object.value))) then refused[object.value] = true end
      end
      if not ok then findings:add(failed_rule(rule, why, { kind = "all", name = "objects" })) end
    end
  end
  return refused
end

return rules
