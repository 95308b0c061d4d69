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

-- A question that answers whether a text matches the glob. What a rule asks is made once, so that its answers can be remembered.
local function asks(pattern)
  return function(v) return type(v) == "string" and glob.matches(pattern, v) end
end

-- A step's container is called as its Function, with the step's number behind it.
local function asks_step(pattern)
  return function(name)
    return type(name) == "string" and (glob.matches(pattern, name) or glob.matches(pattern, (name:gsub("%-%d+$", ""))))
  end
end

-- The questions that a table of `select` asks of an object's metadata: { key, question, of labels }.
local function questions(select)
  local all = {}
  for _, field in ipairs { "name", "namespace" } do
    if select[field] then all[#all + 1] = { field, asks(select[field]) } end
  end
  for _, label in ipairs(value.keys(select.labels or {})) do all[#all + 1] = { label, asks(select.labels[label]), true } end
  return all
end

-- compile(declared) -> what `applies` needs; nil and a message when the declaration is wrong.
function selection.compile(declared)
  local scopes = 0
  for _, field in ipairs { "kinds", "pods", "containers" } do scopes = scopes + (declared[field] and 1 or 0) end
  if scopes ~= 1 then return nil, "one of kinds, pods = true and containers = true says what it looks at" end
  local why = declared.select ~= nil and problem_of(declared.select)
  if why then return nil, why end
  local select = declared.select
  local self = { pods = declared.pods or declared.containers, containers = declared.containers, exact = {}, patterns = {}, questions = {},
    script = type(select) == "function" and select or nil }
  for _, kind in ipairs(declared.kinds or {}) do
    if glob.is_glob(kind) then table.insert(self.patterns, kind) else self.exact[kind] = true end
  end
  if type(select) == "table" then
    if select.step and not self.containers then return nil, "select.step goes with containers = true" end
    self.questions, self.task = questions(select), select.task
    self.is_step = select.step and asks_step(select.step)
  end
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

-- applies(selected, view of an object of the right kind, task) -> boolean; `task` is the name of the Task that it was made for. The
-- script's own function is asked last.
function selection.applies(self, object, task)
  if self.task and not (task and glob.matches(self.task, task)) then return false end
  for _, question in ipairs(self.questions) do
    local part = object.metadata
    if question[3] and view.type(part) == "table" then part = part.labels end
    if view.type(part) ~= "table" or not view.ask(part, question[1], question[2]) then return false end
  end
  return not self.script or not not self.script(object)
end

-- call(selected, check, view of the object, report): gives the check what the rule is about: the object, its Pod, each of its containers.
function selection.call(self, check, object, report)
  if not self.pods then return check(object, report) end
  local pod = k8s.template(object)
  if not pod then return end
  if not self.containers then return check(pod, report, object) end
  for container in k8s.containers(object) do
    if not self.is_step or view.ask(container, "name", self.is_step) then check(container, report, pod, object) end
  end
end

return selection
