-- model --resolve--> variables: a target's Task and Functions with every variable put in.
--
-- The order of the steps, and what is looked up before what, is the model's: a target that fails says so with the first object that
-- is missing, but with all of the variables that have no value.
local chain = require "variables.chain"
local diag = require "base.diag"
local kinds = require "documents.kinds"
local near = require "base.near"
local subst = require "engine.subst"
local value = require "base.value"

local WORKLOADS = { Deployment = true, StatefulSet = true, DaemonSet = true, DeploymentConfig = true }

local Resolver = {}
Resolver.__index = Resolver

-- Reports and goes on; the target has failed.
function Resolver:problem(d)
  d.severity = d.severity or "error"
  if d.severity == "error" then
    self.failed = true
    d.trouble = true
  end
  d.object = self.target.object
  d.within = d.within or self:where()
  self.report:add(d)
end

function Resolver:where(entry, step)
  local words = {}
  if entry and entry.kind == "Function" then words[1] = "Function " .. entry.name end
  if step then words[#words + 1] = "step " .. step end
  local task = self.task and ("Task " .. self.task.name)
  if task then words[#words + 1] = task end
  local object = self.target.object
  words[#words + 1] = ("%s %s%s"):format(object.kind, object.namespace and object.namespace .. "/" or "", object.name)
  if object.kind == "Task" then words[#words] = nil end
  local text = table.concat(words, ", "):gsub("(step %d+), Task", "%1 of Task")
  return text
end

-- Finds an object and remembers that the target rests on it, or reports that it is missing. `place` is that of the reference.
function Resolver:fetch(kind, namespace, name, place)
  local entry = self.model:find(kind, namespace, name)
  if entry then
    self.used[entry] = true
    return entry
  end
  local full = kinds.known[kind].namespaced and namespace .. "/" .. name or name
  self:problem { rule = "missing-object", place = place, hint = self.model:meant(kind, name),
    message = ("%s %s is not among the given files (%s %q not found)"):format(kind, full, kinds.resource(kind), name) }
end

-- Why no Job is made from a Task for this target, or nil.
local function other_executor(spec)
  if spec.driver == "VolumeSnapshotter" then return "the driver VolumeSnapshotter makes volume snapshots" end
  local kind = value.get(spec, "target", "ref", "kind")
  if value.is_empty(value.get(spec, "task", "name")) and WORKLOADS[kind] then
    return ("a %s without a task is backed up by a sidecar"):format(kind)
  end
end

-- The target's description with its defaults: a placeholder where there is none, the invoker's namespace where none is given.
local function described_target(spec, namespace)
  if not spec.target then return { ref = { apiVersion = "na", kind = "EmptyTarget", name = "na" } } end
  local target = value.copy(spec.target)
  target.ref = target.ref or {}
  if value.is_empty(target.ref.namespace) then target.ref.namespace = namespace end
  return target
end

function Resolver:fetch_repository()
  local spec, invoker = self.target.spec, self.target.invoker
  local named = spec.repository or {}
  local namespace = not value.is_empty(named.namespace) and named.namespace or invoker.namespace
  local place = spec.repository and diag.place(invoker.file, spec.repository, "name") or diag.place(invoker.file, spec)
  self.repository = self:fetch("Repository", namespace, named.name or "", place)
  return self.repository
end

-- Substitutes the table's strings; `step` as in variables.chain. Reports every name without value and every bad expression, and
-- returns the copy, or nil when there was any.
function Resolver:expand(entry, step, number)
  local references, errors = subst.scan(entry.value)
  local within, ok, values = self:where(entry, number), true, {}
  for _, e in ipairs(errors) do
    ok = false
    self:problem { rule = "bad-substitution", place = diag.inside(entry.file, e), message = e.message, within = within }
  end
  for _, ref in ipairs(references) do
    local name = ref.name
    if values[name] == nil then values[name] = self.chain:lookup(name, step) end
    if values[name] == nil and not ref.optional then
      local kept = self.options.allow_unset[name]
      if kept then values[name] = false end
      local meant = near(name, self.chain:names(step))
      self:problem { rule = "unset-variable", severity = kept and "warning" or "error", place = diag.inside(entry.file, ref),
        message = name .. " has no value" .. (kept and " and is left as it is" or ""), hint = meant and ("did you mean %s?"):format(meant),
        within = within }
      ok = ok and kept
    end
  end
  if not ok then return nil end
  local done, result = pcall(subst.expand, entry.value, values)
  if done then return result end
  if type(result) ~= "table" then error(result, 0) end
  self:problem { rule = "bad-substitution", place = diag.place(entry.file, result.table or entry.value), within = within,
    message = result.message .. (result.text and (" in %q"):format(result.text) or "") .. (result.name and " (" .. result.name .. ")" or "") }
end

-- The step's parameters as values that its Function sees; of two with one name the last counts.
local function step_params(step)
  local params = {}
  for _, param in ipairs(step.params or {}) do params[param.name or ""] = param.value or "" end
  return params
end

-- Every Function that the Task names must be there before anything is put in, so that all that are missing are reported;
-- names that are computed are looked up when they are known.
function Resolver:check_functions()
  for _, step in ipairs(value.get(self.task_entry.value, "spec", "steps") or {}) do
    local name = step.name or ""
    if not name:find("${", 1, true) then self:fetch("Function", "", name, diag.place(self.task_entry.file, step, "name")) end
  end
end

-- Substitutes the Task and its Functions: fills self.expanded and self.steps.
function Resolver:expand_task()
  local task = self.task_entry
  self.expanded = self:expand(task)
  local steps = value.get(self.expanded or task.value, "spec", "steps") or {}
  if #steps == 0 then
    self:problem { rule = "empty-task", place = diag.place(task.file, value.get(task.value, "spec") or task.value),
      message = ("Task %s has no steps, so there is no container to make"):format(task.name) }
  end
  self.steps = {}
  for i, step in ipairs(steps) do
    local entry = self:fetch("Function", "", step.name or "", diag.place(task.file, step, "name"))
    if entry then
      local seen = { image = value.get(entry.value, "spec", "image"), params = step_params(step) }
      self.steps[i] = { name = entry.name, index = i - 1, entry = entry, value = self:expand(entry, seen, i) }
    end
  end
end

-- The substituted Task and its steps, made when they are first asked for. Raises when that fails, after reporting all of it.
function Resolver:resolved()
  if not self.steps then self:expand_task() end
  if self.failed then diag.raise { reported = true, rule = "script", message = "the Task could not be resolved" } end
  return self
end

-- The name of the Task, and the place where it was said.
function Resolver:task_name()
  local target = self.target
  local named = target.spec.task
  local place
  if target.invoker then place = diag.place(target.invoker.file, named or target.spec, named and "name") end
  if value.is_empty(named and named.name) then
    self:problem { rule = "missing-object", place = place, message = "the invoker names no Task (resource name may not be empty)" }
    return nil
  end
  return named.name, place
end

-- Task parameters: the command line's over the invoker's; of two with one name the last counts.
local function task_params(spec, given)
  local params = {}
  for _, param in ipairs(value.get(spec, "task", "params") or {}) do params[param.name or ""] = param.value or "" end
  for name, v in pairs(given) do params[name] = v end
  return params
end

function Resolver:prepare()
  local target = self.target
  if target.invoker then
    local other = other_executor(target.spec)
    if other then
      return self:problem { rule = "no-job", place = diag.place(target.invoker.file, target.spec),
        message = ("no Job from Function and Task: %s"):format(other) }
    end
    self.used[target.session], self.used[target.invoker] = true, true
    if not self:fetch_repository() then return end
  end
  local name, place = self:task_name()
  if not name then return end
  self.task = { name = name }
  self.task_entry = self:fetch("Task", "", name, place)
  if not self.task_entry then return end
  self:check_functions()
  self.described = described_target(target.spec, target.namespace)
  self.chain = chain { set = self.options.set, params = task_params(target.spec, self.options.param), providers = self.registry.providers,
    used = self.options.used, context = self.make_context(self) }
end

-- resolve(target, { model, registry, options, report, make_context }) -> resolver
--
-- A resolver has target, described (what is backed up), repository, task.name and chain, and used: the entries of the model that the target
-- rests on. `resolver:resolved()` substitutes: then it has expanded (the Task) and steps as well. resolver.failed is set as soon as
-- something went wrong, which has been reported by then. `make_context(resolver)` makes what providers see.
return function(target, with)
  local self = setmetatable({ target = target, model = with.model, registry = with.registry, options = with.options, report = with.report,
    make_context = with.make_context, used = {} }, Resolver)
  self:prepare()
  return self
end
