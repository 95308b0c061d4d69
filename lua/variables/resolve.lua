-- model --resolve--> variables: a target's Task and Functions with every variable put in.
--
-- The order of the steps, and what is looked up before what, is the model's: a target that fails says so with the first object that
-- is missing, but with all of the variables that have no value.
local chain = require "variables.chain"
local diag = require "base.diag"
local managed = require "model.managed"
local near = require "base.near"
local place = require "base.place"
local subst = require "engine.subst"
local task = require "variables.task"
local value = require "base.value"

local WORKLOADS = { Deployment = true, StatefulSet = true, DaemonSet = true, DeploymentConfig = true }

local SYNTAX = "a name is letters, digits and _, then comes } or an operator such as :=; $${ stands for a plain ${"

local Resolver = {}
Resolver.__index = Resolver

-- Reports and goes on; the target has failed.
function Resolver:problem(d)
  d.severity = d.severity or "error"
  if d.severity == "error" then
    self.failed = true
    d.trouble = true
  end
  if d.limit and self.limited then return end -- the target's limit is told once, whoever comes after
  self.limited = self.limited or d.limit
  d.object = self.target.object
  d.within = d.within or self:where()
  self.report:add(d)
end

-- In words, where in the model a problem is: Function, step, Task and session, as far as they are known.
function Resolver:where(entry, step)
  local object = self.target.object
  local words = {}
  if entry and entry.kind == "Function" then words[1] = "Function " .. entry.name end
  if self.task then words[#words + 1] = (step and ("step %d of "):format(step) or "") .. "Task " .. self.task.name end
  if object.kind ~= "Task" then
    words[#words + 1] = object.namespace and ("%s %s/%s"):format(object.kind, object.namespace, object.name)
      or ("%s %s"):format(object.kind, object.name)
  end
  return words[1] and table.concat(words, ", ")
end

-- Finds an object and remembers that the target rests on it, or reports, once, that it is missing. `at` is the place of the
-- reference.
function Resolver:fetch(kind, namespace, name, at)
  local entry = self.model:find(kind, namespace, name)
  if entry then
    self.used[entry] = true
    return entry
  end
  local key = kind .. "\0" .. namespace .. "\0" .. name
  if self.missed[key] then return nil end
  self.missed[key] = true
  local missing = self.model:missing(kind, namespace, name)
  missing.place = at
  self:problem(missing)
end

-- Why no Job is made from a Task for this target, or nil. For restores the workload is looked at before the driver.
local function other_executor(target)
  local spec = target.spec
  local kind = value.get(spec, "target", "ref", "kind")
  local snapshots = target.invoker.value.spec.driver == "VolumeSnapshotter" and "the driver VolumeSnapshotter makes volume snapshots"
  local workload = value.is_empty(value.get(spec, "task", "name")) and WORKLOADS[kind]
  local words = target.direction == "backup" and "a %s without a task is backed up by a sidecar"
    or "a %s without a task is restored by an init container of its own"
  workload = workload and words:format(kind)
  if target.direction == "backup" then return snapshots or workload end
  return workload or snapshots
end

-- The target's description with its defaults: a placeholder where there is none, the invoker's namespace where none is given.
local function described_target(spec, namespace)
  if not spec.target then return { ref = { apiVersion = "na", kind = "EmptyTarget", name = "na" } } end
  local described = value.copy(spec.target)
  described.ref = described.ref or {}
  if value.is_empty(described.ref.namespace) then described.ref.namespace = namespace end
  return described
end

function Resolver:fetch_repository()
  local invoker = self.target.invoker
  local spec = invoker.value.spec or {}
  local named = spec.repository or {}
  local namespace = not value.is_empty(named.namespace) and named.namespace or invoker.namespace
  local at = spec.repository and place.of(named, "name") or place.of(invoker.value, "spec")
  self.repository = self:fetch("Repository", namespace, named.name or "", at)
  return self.repository
end

-- The AppBinding that is the target; nil when the target is none, false when it is missing.
function Resolver:fetch_appbinding()
  local ref = self.described.ref
  if not task.is_appbinding(ref) then return nil end
  return self:fetch("AppBinding", ref.namespace, ref.name or "", place.of(self.target.spec.target.ref, "name")) or false
end

-- A name's value; false after a provider that failed, which is reported.
function Resolver:lookup(ref, step, within)
  local name = ref.name
  self.options.asked[name] = true
  local ok, found = diag.catch(self.chain.lookup, self.chain, name, step)
  if ok then return found end
  found.place = found.place or place.inside(ref)
  found.within = ("%s in %s"):format(found.within, within)
  self:problem(found)
  return false
end

-- A name's value for a script; raises when its provider fails.
function Resolver:value(name, step)
  if type(name) ~= "string" then error("ctx:variable needs the name of a variable", 3) end
  self.options.asked[name] = true
  return self.chain:lookup(name, step)
end

-- A name without value: an error, or a warning where that is allowed. Returns whether the text can do without.
function Resolver:unset(ref, step, within)
  local allowed = self.options.allow_unset[ref.name]
  local meant = near(ref.name, self.chain:names(step))
  self:problem { rule = "unset-variable", severity = allowed and "warning" or "error", place = place.inside(ref), within = within,
    message = ref.name .. " has no value" .. (allowed and " and is left as it is" or ""),
    hint = meant and ("did you mean %s?"):format(meant) }
  return allowed
end

-- What went wrong while putting in values that were all there: a negative length, two keys that became one.
function Resolver:expand_problem(entry, raised, references, within)
  if raised.key then
    return self:problem { rule = "secret-in-object", place = place.of(raised.table, raised.key, "key"), within = within,
      message = ("%s is secret and must not stand in a key"):format(raised.secret or "a secret of a script") }
  end
  local at = place.of(raised.table or entry.value)
  for _, ref in ipairs(references) do
    if raised.text and ref.table[ref.key] == raised.text and ref.name == raised.name then at = place.inside(ref) end
  end
  self:problem { rule = "bad-substitution", place = at, within = within, message = raised.message }
end

-- Substitutes the table's strings; `step` as in variables.chain. Reports every name without value and every bad expression, and
-- returns the copy, or nil when there was any.
function Resolver:expand(entry, step, number)
  local references, errors = subst.scan(entry.value)
  local within, values, failed, complete = self:where(entry, number), {}, {}, #errors == 0
  for _, e in ipairs(errors) do
    self:problem { rule = "bad-substitution", place = place.inside(e), message = e.message, within = within, hint = SYNTAX }
  end
  for _, ref in ipairs(references) do
    local name = ref.name
    if values[name] == nil then
      values[name] = self:lookup(ref, step, within)
      failed[name] = values[name] == false
      complete = complete and not failed[name]
    end
    if self.record and not failed[name] then self.record(self, ref, step, within) end
    if values[name] == nil and not ref.optional then
      if self:unset(ref, step, within) then values[name] = false else complete = false end
    end
  end
  if not complete then return nil end
  local done, result = pcall(subst.expand, entry.value, values)
  if done then return result end
  if type(result) ~= "table" then error(result, 0) end
  self:expand_problem(entry, result, references, within)
end

-- The step's parameters as values that its Function sees; of two with one name the last counts.
local function step_params(step)
  local params = {}
  for _, param in ipairs(step.params or {}) do
    params[param.name or ""] = param.value or ""
    place.from(params, param.name or "", param, "value")
  end
  return params
end

-- Every Function that the Task names must be there before anything is put in; names that are computed are looked up when they
-- are known.
function Resolver:check_functions()
  for _, step in ipairs(value.get(self.task_entry.value, "spec", "steps") or {}) do
    local name = step.name or ""
    if not name:find("${", 1, true) then self:fetch("Function", "", name, place.of(step, "name")) end
  end
end

-- Substitutes the Task and its Functions: fills self.expanded and self.steps.
function Resolver:expand_task()
  local entry = self.task_entry
  self.expanded = self:expand(entry)
  local steps = value.get(self.expanded or entry.value, "spec", "steps") or {}
  if #steps == 0 then
    self:problem { rule = "empty-task", place = place.of(value.get(entry.value, "spec") or entry.value),
      message = ("Task %s has no steps, so there is no container to make"):format(entry.name) }
  end
  self.steps = {}
  for i, step in ipairs(steps) do
    local found = self:fetch("Function", "", step.name or "", place.of(step, "name"))
    if found then
      local params = step_params(step)
      local seen = { image = value.get(found.value, "spec", "image") or "", params = params }
      self.steps[#self.steps + 1] = { name = found.name, index = i - 1, params = params, value = self:expand(found, seen, i) }
    end
  end
end

-- The substituted Task and its steps, made when they are first asked for. Raises when that fails, after reporting all of it.
function Resolver:resolved()
  if not self.steps then self:expand_task() end
  if self.failed then diag.raise { reported = true, rule = "script", message = "the Task could not be resolved" } end
  return self
end

-- A restore takes labels over from a managed AppBinding, which must have them.
function Resolver:check_managed()
  if self.target.direction == "backup" then return true end
  local entry, label
  self.managed, entry, label = managed(self.target.session, self.model)
  if self.managed then return true end
  self:problem { rule = "missing-label", place = place.of(entry.value.metadata, "labels"),
    message = ("AppBinding %s is managed by KubeDB and has no label %s, which its restore needs"):format(entry.name, label) }
end

-- Looks up what a target of an invoker needs before its Task. False when something is missing, which has been reported.
function Resolver:prepare_invoker()
  local target = self.target
  local other = not (target.direction == "restore" and not target.spec.target) and other_executor(target)
  if target.direction == "restore" and not target.spec.target then other = "a restore without target" end
  if other then
    self:problem { rule = "no-job", place = place.of(target.spec),
      message = ("no Job from Function and Task: %s"):format(other) }
    return false
  end
  self.used[target.session], self.used[target.invoker] = true, true
  return self:check_managed() and self:fetch_repository()
end

-- True when the target is restored by a container of Stash's own: claims are made for it, and no Task is named.
function Resolver:is_plain_restore()
  return self.target.ordinal and value.is_empty(value.get(self.target.spec, "task", "name"))
end

-- Finds the Task and the Functions that it names in plain text.
function Resolver:fetch_task(chosen)
  if chosen.name == "" then
    self:problem { rule = "missing-object", place = chosen.place, message = "the invoker names no Task (resource name may not be empty)" }
    return
  end
  self.task_entry = self:fetch("Task", "", chosen.name, chosen.place)
  if not self.task_entry then return end
  self.task = { name = chosen.name }
  self:check_functions()
end

-- What the schedule of an invoker needs: variables, and no Task.
function Resolver:prepare_schedule()
  self.used[self.target.invoker] = true
  self.described = described_target(self.target.spec, self.target.namespace)
  self.chain = chain { set = self.options.set, given = self.options.param, params = {}, providers = self.registry.providers,
    context = self.make_context(self) }
end

function Resolver:prepare()
  local target = self.target
  if target.schedule then return self:prepare_schedule() end
  if target.invoker and not self:prepare_invoker() then return end
  self.described = described_target(target.spec, target.namespace)
  local appbinding = target.invoker and self:fetch_appbinding()
  local chosen, why = task.choose(target, appbinding or nil, self.accidents)
  if not chosen then return self:problem(why) end
  if not self:is_plain_restore() then self:fetch_task(chosen) end
  self.chain = chain { set = self.options.set, row = target.row, given = self.options.param, params = chosen.params,
    providers = self.registry.providers, context = self.make_context(self), stand_in = self.stand_in }
  if self.failed and self.task then self:expand_task() end -- to report what else is wrong
end

-- resolve(target, { model, registry, options, report, make_context }, accidents) -> resolver
--
-- A resolver has target, described (what is backed up or restored), repository, task.name and chain, and used: the entries of the
-- model that the target rests on. `resolver:resolved()` substitutes: then it has expanded (the Task) and steps as well.
-- resolver.failed is set as soon as something went wrong, which has been reported by then. `make_context(resolver)` makes what
-- providers see. With `accidents`, what is a mistake of the original is done as the original does it.
return function(target, with, accidents)
  local self = setmetatable({ target = target, model = with.model, registry = with.registry, options = with.options, report = with.report,
    make_context = with.make_context, record = with.record, stand_in = with.stand_in, accidents = accidents, used = {},
    missed = {} }, Resolver)
  self:prepare()
  return self
end
