-- Which objects a rule looks at, and which part of them it is given.
--
-- A rule declares `kinds` (globs), or `pods = true`, or `containers = true`, and may narrow that with `select`: globs for name, namespace,
-- task, step, a map of globs for labels; or a function of the object.
local glob = require "base.glob"
local k8s = require "scripts.k8s"
local near = require "base.near"
local value = require "base.value"
local view = require "engine.view"

local selection = {}

local GLOBS = { "name", "namespace", "task", "step" }

-- A problem of a rule's `select`, or nil.
local function problem_of(select)
  if type(select) == "function" then return nil end
  if type(select) ~= "table" then return "select must be a table or a function" end
  for _, field in ipairs(value.keys(select)) do
    local is_map = field == "labels"
    local known = is_map
    for _, name in ipairs(GLOBS) do known = known or field == name end
    if not known then
      local meant = near(tostring(field), { "labels", table.unpack(GLOBS) })
      return ("select has no field %s%s"):format(tostring(field), meant and "; did you mean " .. meant .. "?" or "")
    end
    if type(select[field]) ~= (is_map and "table" or "string") then
      return ("select.%s must be %s"):format(field, is_map and "a map of globs" or "a glob")
    end
  end
  for label, pattern in pairs(select.labels or {}) do
    if type(label) ~= "string" or type(pattern) ~= "string" then return "select.labels must be a map of globs" end
  end
end

-- compile(declared) -> what `applies` needs; nil and a message when the declaration is wrong.
function selection.compile(declared)
  local scopes = 0
  for _, field in ipairs { "kinds", "pods", "containers" } do scopes = scopes + (declared[field] and 1 or 0) end
  if scopes ~= 1 then return nil, "one of kinds, pods = true and containers = true says what it looks at" end
  local why = declared.select ~= nil and problem_of(declared.select)
  if why then return nil, why end
  local select = declared.select
  local self = { pods = declared.pods or declared.containers, containers = declared.containers, exact = {}, patterns = {},
    ask = type(select) == "function" and select or nil, globs = {}, labels = {} }
  for _, kind in ipairs(declared.kinds or {}) do
    if glob.is_glob(kind) then table.insert(self.patterns, kind) else self.exact[kind] = true end
  end
  if type(select) == "table" then
    for _, name in ipairs(GLOBS) do
      if name ~= "step" then self.globs[name] = select[name] end
    end
    self.step = select.step
    self.labels = select.labels or {}
    if self.step and not self.containers then return nil, "select.step goes with containers = true" end
  end
  self.narrow = next(self.globs) ~= nil or next(self.labels) ~= nil
  return self
end

-- of_kind(selected, kind) -> boolean
function selection.of_kind(self, kind)
  if self.pods then return k8s.has_pod(kind) end
  if self.exact[kind] then return true end
  for _, pattern in ipairs(self.patterns) do
    if glob.matches(pattern, kind) then return true end
  end
  return false
end

local function matches(pattern, v) return type(v) == "string" and glob.matches(pattern, v) end

-- applies(selected, object, task) -> boolean, for an object of the right kind; `task` is the name of the Task that it was made for. The
-- script's own function is asked last.
function selection.applies(self, object, task)
  if self.narrow then
    local known = { name = value.get(object, "metadata", "name"), namespace = value.get(object, "metadata", "namespace"), task = task }
    for name, pattern in pairs(self.globs) do
      if not matches(pattern, known[name]) then return false end
    end
    for label, pattern in pairs(self.labels) do
      if not matches(pattern, value.get(object, "metadata", "labels", label)) then return false end
    end
  end
  return not self.ask or not not self.ask(view.of(object))
end

-- A step's container is called as its Function, with the step's number behind it.
local function is_step(container, pattern)
  local name = container.name
  return type(name) == "string" and (glob.matches(pattern, name) or glob.matches(pattern, (name:gsub("%-%d+$", ""))))
end

-- call(selected, check, object, report): gives the check what the rule is about: the object, its Pod, each of its containers.
function selection.call(self, check, object, report)
  local seen = view.of(object)
  if not self.pods then return check(seen, report) end
  local pod = k8s.template(seen)
  if not pod then return end
  if not self.containers then return check(pod, report, seen) end
  for container in k8s.containers(seen) do
    if not self.step or is_step(container, self.step) then check(container, report, pod, seen) end
  end
end

return selection
