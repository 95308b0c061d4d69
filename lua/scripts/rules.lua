-- Rules of scripts and packs, run over objects: those of the given files and those that were rendered.
local base_path = require "base.path"
local place = require "base.place"
local sandbox = require "scripts.sandbox"
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

-- The keys that a rule's `key` names below a table: a key of it, a path, or a list of keys.
local function keys_of(t, key)
  if key == nil then return {} end
  if type(key) == "table" then return key end
  if type(key) == "string" and t[key] == nil and key:find "[%.%[]" then return base_path.parse(key) or { key } end
  return { key }
end

-- The place of what the keys lead to, or of the deepest part that exists.
local function place_at(t, keys)
  for i = 1, #keys - 1 do
    local below = t[keys[i]]
    if type(below) ~= "table" then return place.of(t, keys[i]) end
    t = below
  end
  return place.of(t, keys[#keys])
end

-- The keys' path from the root of the object, or nil when the part is not inside it.
local function path_in(root, t, keys)
  local found = base_path.find(root, t)
  if not found then return nil end
  for _, key in ipairs(keys) do found[#found + 1] = key end
  return base_path.text(found)
end

local MORE = { hint = "string", fix = "any", severity = "string" }

local function check_more(more)
  if more == nil then return {} end
  if type(more) ~= "table" then error("report: what stands behind the message is a table: { hint = …, fix = … }", 3) end
  for name, v in pairs(more) do
    if not MORE[name] then error(("report has no %s; there are hint and fix"):format(tostring(name)), 3) end
    if MORE[name] == "string" and type(v) ~= "string" then error(("report: the %s must be a string"):format(name), 3) end
  end
  return more
end

-- The report function that a rule's check is given: report(part, key, message [, { hint, fix }]). `found` gets findings.
local function reporter(rule, root, named, found)
  local count = 0
  return function(part, key, message, more)
    local t = view.shown(part)
    if type(t) ~= "table" then error("report needs the object, or a part of it, and a key in it", 2) end
    if type(message) ~= "string" then error("report needs a message: report(part, key, message)", 2) end
    more = check_more(more)
    if count == MOST_FINDINGS then error(("more than %d findings about one object"):format(MOST_FINDINGS), 2) end
    count = count + 1
    local keys = keys_of(t, view.shown(key))
    found[#found + 1] = { rule = rule.name, severity = rule.severity, message = message, place = place_at(t, keys), object = named,
      within = name_of(named), hint = more.hint, path = path_in(root, t, keys), fix = more.fix, table = t, keys = keys }
  end
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

-- Asks the rules from asked[from] on about an object, until one fails. Returns the index behind the last that was asked, and that one's
-- diagnostic when it failed.
local function ask_from(asked, from, object, named, found)
  local i, root = from, object.value
  local job = { what = "rules, asked about " .. name_of(named), file = asked[from].file }
  local ok, why = sandbox.run(job, function()
    while i <= #asked do
      local rule = asked[i]
      i = i + 1
      job.file = rule.file
      if not rule.stopped and not rule.script.stopped and selection.applies(rule.selection, root, object.task) then
        selection.call(rule.selection, rule.check, root, reporter(rule, root, named, found))
      end
    end
  end)
  return i, not ok and why or nil
end

-- The registry's rules that look at single objects of the kind, in the order of their declaration.
local function rules_for(registry, kind)
  local by_kind = registry.rules_by_kind
  local found = by_kind[kind]
  if found then return found end
  found = {}
  for _, rule in ipairs(registry.rules) do
    if rule.check and selection.of_kind(rule.selection, kind) then found[#found + 1] = rule end
  end
  by_kind[kind] = found
  return found
end

-- check(registry, object, findings) -> true when no finding of severity error stands. The object is { value, task }: its table, and the
-- name of the Task that it was made for, if any. What goes wrong inside a rule is a finding against its script, and the next is asked.
function rules.check(registry, object, findings)
  local kind = value.get(object.value, "kind")
  local asked = type(kind) == "string" and rules_for(registry, kind) or {}
  if #asked == 0 then return true end
  local clean, next_rule, named = true, 1, object_of(object.value)
  local function add(d) clean = not findings:add(d) and clean end
  while next_rule <= #asked do
    local found = {}
    local behind, why = ask_from(asked, next_rule, object, named, found)
    next_rule = behind
    for _, d in ipairs(found) do add(d) end
    if why then
      add(failed_rule(asked[behind - 1], why, named))
      if why.limit then sandbox.begin(registry) end
    end
  end
  return clean
end

-- True when some rule looks at all objects together.
function rules.look_at_all(registry)
  for _, rule in ipairs(registry.rules) do
    if rule.check_all then return true end
  end
  return false
end

-- The root of the object that a table is part of.
local function root_of(part, roots)
  local t = view.shown(part)
  if roots[t] then return t end
  for root in pairs(type(t) == "table" and roots or {}) do
    if base_path.find(root, t) then return root end
  end
  error("report needs an object, or a part of it, and a key in it", 3)
end

local function ask_about_all(rule, objects, found)
  local selected, roots = {}, {}
  for _, object in ipairs(objects) do
    local kind = value.get(object.value, "kind")
    local right = type(kind) == "string" and selection.of_kind(rule.selection, kind)
    if right and selection.applies(rule.selection, object.value, object.task) then
      selected[#selected + 1] = view.of(object.value)
      roots[object.value] = true
    end
  end
  rule.check_all(selected, function(part, ...)
    local root = root_of(part, roots)
    return reporter(rule, root, object_of(root), found)(part, ...)
  end)
end

-- check_all(registry, objects, findings): the rules that look at all objects together, each at those that it selects.
function rules.check_all(registry, objects, findings)
  for _, rule in ipairs(registry.rules) do
    if rule.check_all then
      local found = {}
      sandbox.begin(registry)
      local ok, why = sandbox.run({ what = "rule " .. rule.name, file = rule.file }, ask_about_all, rule, objects, found)
      for _, d in ipairs(found) do findings:add(d) end
      if not ok then findings:add(failed_rule(rule, why, { kind = "all", name = "objects" })) end
    end
  end
end

return rules
