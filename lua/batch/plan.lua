-- Plans: what a batch makes of rows of one shape, worked out once and filled for each of them (engine/subst/plan.h).
--
--   row ─▶ shape ─▶ plan ─(values of the row, answers of providers)─▶ texts
--
-- The shape of a row is which Task it has, whether it has a namespace, and the names of its variables and params. To make the plan of a
-- shape, the road is gone once with slots in the place of the row's values. Wherever somebody looks at a slot, there is no plan: rows of
-- that shape are rendered one by one. A plan is only taken when it makes the same bytes as the road for the row that it was made with.
--
-- Built-in templates are planned, with what they ask the model and the row for; templates of a site look at values. What providers answer
-- is asked for each row, in the order in which the road asked first, and put in like the row's own values.
local diag = require "base.diag"
local emit = require "engine.emit"
local engine = require "engine.plan"
local host = require "engine.host"
local order = require "output.order"
local resolve = require "variables.resolve"
local rules = require "scripts.rules"
local sandbox = require "scripts.sandbox"
local secret = require "engine.secret"
local targets = require "model.targets"
local value = require "base.value"
local verdicts = require "scripts.verdicts"
local view = require "engine.view"

local plan = {}

plan.DIFFERS = "it does not make what the road makes" -- why there is none with one row, and may be with another

-- Where templates compare strings, or look into them: a slot there would be taken for another value. Paths without numbers, as prefixes.
local COMPARED = {
  Function = { "spec.volumeMounts.name", "spec.volumeMounts.mountPath", "spec.runtimeSettings", "metadata" },
  Task = { "spec.steps.name", "spec.steps.params.name", "spec.volumes.name", "metadata" },
}

-- What of these is only passed on.
local PASSED = { "spec.runtimeSettings.env.value", "spec.runtimeSettings.env.valueFrom", "spec.runtimeSettings.envFrom" }

local function begins_with(path, prefixes)
  for _, prefix in ipairs(prefixes) do
    if path == prefix or path:sub(1, #prefix + 1) == prefix .. "." then return true end
  end
  return false
end

local function give_up(words, ...) diag.raise { rule = "script", message = words:format(...) } end

-- Gives up where a slot stands in a place that is compared.
local function check_places(kind, name, t, path)
  for key, v in pairs(t) do
    local here = type(key) == "string" and (path == "" and key or path .. "." .. key) or path
    if type(v) == "table" then check_places(kind, name, v, here)
    elseif engine.is(v) and begins_with(here, COMPARED[kind]) and not begins_with(here, PASSED) then
      give_up("%s of %s %s differs from target to target", here, kind, name) end
  end
end

-- The row's values in the order of a plan's fields: name, namespace, variables, params; maps by their keys.
function plan.values(row)
  local all = { row.name, row.namespace or "" }
  for _, map in ipairs { row.variables, row.params } do
    for _, v in value.pairs(map) do all[#all + 1] = v end
  end
  return all
end

-- The row with slots for its values.
local function slotted(row, made)
  local number = 1
  local function map_of(map)
    local copy = {}
    for key, v in value.pairs(map) do
      number = number + 1
      copy[key] = made:field(number, v)
    end
    return copy
  end
  local copy = { name = made:field(0, row.name), namespace = row.namespace and made:field(1, row.namespace), task = row.task,
    index = row.index, plan = made }
  copy.variables = map_of(row.variables)
  copy.params = map_of(row.params)
  return copy
end

local emitter

-- The object's text, with marks in the plan.
local function write(object, format, made)
  emitter = emitter or emit.new(order)
  if format == "yaml" then return emitter:yaml(object, nil, false, made) end
  if format == "ndjson" then
    local text, why = emitter:json(object, nil, false, made)
    return text and text .. "\n", why
  end
  return nil, "there are no plans for the format " .. format
end

-- Nobody is told what is reported while a plan is made: then there is none, and the road tells it for each target.
local function silent() return { add = function(_, d) give_up("%s", d.message) end } end

-- Stands in for the providers of a site: what they answered for the row that the plan is made with is a slot, and whether they did is
-- noted.
local function stand_in(made, row, answered, asked)
  local first = #plan.values(row)
  return function(provider, name)
    local answer = answered:ask(provider, name)
    if secret.is(answer) then give_up("%s of provider %s is secret", name, provider.name) end
    asked[#asked + 1] = { provider = provider, name = name, answers = answer ~= nil }
    if answer ~= nil then asked.fields = (asked.fields or first - 1) + 1 end
    return answer ~= nil and made:field(asked.fields, answer) or nil
  end
end

-- Goes the road with slots. Returns the objects that the template made.
local function made_with(row, made, work, answered, asked)
  local with, template = work.with, work.template
  local target = targets.of_row(slotted(row, made), with.options.task, with.options.namespace)
  target.object = targets.of_row(row, with.options.task, with.options.namespace).object
  local quiet = setmetatable({ report = silent(), stand_in = stand_in(made, row, answered, asked) }, { __index = with })
  sandbox.begin()
  local resolver = resolve(target, quiet, template.accidents)
  if resolver.failed then give_up "it fails" end
  resolver:resolved()
  for _, step in ipairs(resolver.steps) do check_places("Function", step.name, step.value, "") end
  check_places("Task", resolver.task.name, resolver.expanded, "")
  local job = { what = "template " .. template.name, file = template.file }
  local ok, objects = sandbox.run(job, template.render, with.make_context(resolver))
  if not ok then diag.raise(objects) end
  objects = view.shown(objects)
  return objects.kind and { objects } or objects, resolver
end

-- Rules remember their verdicts for each plan by itself: which Task an object was made for counts too. Returns the memory and how many
-- rules there are.
local function judged(made, texts, objects, work)
  local memory, total = verdicts.memory(work.with.registry), 0
  for i, object in ipairs(objects) do
    local watch, group, count = rules.group(memory, object.kind)
    total = total + count
    if count > 0 and not made:judge(i, texts[i], verdicts.document(texts[i]), watch, group, count) then
      give_up "its text does not read back as it was written"
    end
  end
  return total > 0 and memory or nil, total
end

-- judge(texts, made) -> true when no rule says anything about objects of these texts, which the plan `made` has made
function plan.judge(texts, made)
  sandbox.begin()
  made.values = {}
  for i, text in ipairs(texts) do
    local clean, values = verdicts.clean(made.registry, text, made.kinds[i], made.task)
    if not clean then return false end
    table.move(values, 1, #values, #made.values + 1, made.values)
  end
  return true
end

-- Writes the objects into the plan. Returns their texts and kinds.
local function write_all(made, objects, work)
  local texts, kinds = {}, {}
  for i, object in ipairs(objects) do
    local why
    texts[i], why = write(object, work.with.options.output or "ndjson", made)
    if not texts[i] then give_up("%s", why) end
    kinds[i] = object.kind
    if not made:object(texts[i], object.kind, object.metadata.namespace, object.metadata.name) then give_up "it makes many objects" end
  end
  made:between(work.mark)
  return texts, kinds
end

-- The answers of the providers of a plan, behind the values of the row; nil where one answers otherwise than for the row that the plan was
-- made with: not at all, or with a secret. What they raise is raised again by who asks next.
local function add_answers(values, asked, resolver)
  for _, each in ipairs(asked) do
    local ok, answer = diag.catch(resolver.chain.ask, resolver.chain, each.provider, each.name)
    if not ok or (answer ~= nil) ~= each.answers or secret.is(answer) then return nil end
    if answer ~= nil then values[#values + 1] = answer end
  end
  return values
end

-- fill(row, made, resolver) -> objects as { text, id, object = { kind } } | nil, where the plan does not hold or rules have something to
-- say: for a plan that has questions for providers
function plan.fill(row, made, resolver)
  local values = add_answers(plan.values(row), made.asked, resolver)
  if not values then return nil end
  local texts, ids, clean = made.filler:attempt(values)
  if not texts or clean == false or clean == nil and not plan.judge(texts, made) then return nil end
  local objects = {}
  for i, text in ipairs(texts) do objects[i] = { text = text, id = ids[i], object = { kind = made.kinds[i] } } end
  return objects
end

local function make(row, text, work, answered)
  if not work.template.file:find "^lua/templates/" then give_up("template %s is a script of the site", work.template.name) end
  local made, asked = engine.new(), {}
  local objects, resolver = made_with(row, made, work, answered, asked)
  if not objects[1] then give_up "it makes nothing" end
  local texts, kinds = write_all(made, objects, work)
  if made:fill(add_answers(plan.values(row), asked, { chain = answered })) ~= text then give_up("%s", plan.DIFFERS) end
  local registry, count
  if #work.with.registry.rules > 0 then registry, count = judged(made, texts, objects, work) end
  return { filler = made, registry = registry, count = count, kinds = kinds, task = resolver.task.name, values = {}, asked = asked }
end

-- make(row, text, work, answered) -> plan | nil, why there is none: for rows of this row's shape. `text` is what the road made of the row,
-- `answered` the chain of variables that it asked, work is batch.piece's. A plan is { filler = engine.plan's, asked = { provider, name,
-- answers } in the order of the questions, and what plan.judge needs }. Without questions, engine.fill fills it; else plan.fill.
function plan.make(row, text, work, answered)
  local ok, made = host.pcall(make, row, text, work, answered) -- our own Lua may look at a slot, too
  if ok then return made end
  return nil, diag.is(made) and made.message or tostring(made)
end

return plan
