-- Parameters of steps, invokers and AppBindings: each is one that its Function asks for, once, and is heard.
local index = include "index.lua"
local read = include "read.lua"
local variables = include "variables.lua"

-- The names that a Function asks for, or nil when it is not given.
local function asked_by_function(known, name)
  if not name or variables.has(name) then return nil end
  local found = index.find(known, "Function", nil, name)
  if not found then return nil end
  local names = {}
  variables.collect(found, names)
  return names
end

-- The names that a Task and its Functions ask for, or nil when one of them is not given.
local function asked_by_task(known, name)
  local task = name and not variables.has(name) and index.find(known, "Task", nil, name)
  if not task then return nil end
  local names = {}
  variables.collect(task, names)
  for _, step in read.items(read.at(task, "spec", "steps")) do
    local of_step = asked_by_function(known, read.text_at(step, "name"))
    if not of_step then return nil end
    for each in pairs(of_step) do names[each] = true end
  end
  return names
end

-- What the containers of hooks ask for.
local FOR_HOOKS = { outputDir = true, HOOK_TYPE = true, HOSTNAME = true, BACKUP_SESSION = true, STASH_DOCKER_REGISTRY = true,
  STASH_DOCKER_IMAGE = true, STASH_IMAGE_TAG = true }

-- The names that may be given although no Function asks for them: those of hooks, where some are given.
local function exempt_names(objects)
  for _, object in ipairs(objects) do
    for part in read.parts(object) do
      if read.map_at(part, "hooks") then return FOR_HOOKS end
    end
  end
  return {}
end

-- Names that are asked for and not set by Stash, which a misspelt parameter may have meant.
local function meant(name, asked)
  local free = {}
  for each in pairs(asked) do
    if not variables.ALWAYS[each] then free[each] = true end
  end
  return read.did_you_mean(name, free)
end

local function check_params(params, asked, exempt, report, what)
  for _, param in read.items(asked and params) do
    local name = read.text_at(param, "name")
    if name and not asked[name] and not exempt[name] then
      report(param, "name", ("%s does not ask for the parameter %s"):format(what, name), { hint = meant(name, asked) })
    end
  end
end

-- An AppBinding's parameters for the Task that it names.
local function check_addon(object, known, exempt, report)
  local addon = read.map_at(object, "spec", "parameters", "stash", "addon")
  for _, direction in ipairs { "backupTask", "restoreTask" } do
    local task = read.map_at(addon, direction)
    local name = read.text_at(task, "name")
    check_params(task and task.params, asked_by_task(known, name), exempt, report, name and "Task " .. name)
  end
end

rule "backup/param-unknown" {
  summary   = "every parameter is one that a Function asks for",
  help      = "A parameter that nothing asks for is most often misspelt, and the default is used in its place without a word. " ..
    "Correct its name or remove it.",
  severity  = "warning",
  kinds     = { "Task", "Function", "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch", "BackupBlueprint",
    "AppBinding" },
  check_all = function(objects, report)
    local known, exempt = index.of(objects), exempt_names(objects)
    for _, object in ipairs(objects) do
      if object.kind == "Task" then
        for _, step in read.items(read.at(object, "spec", "steps")) do
          local name = read.text_at(step, "name")
          check_params(read.at(step, "params"), asked_by_function(known, name), exempt, report, name and "Function " .. name)
        end
      elseif object.kind == "AppBinding" then check_addon(object, known, exempt, report)
      elseif object.kind ~= "Function" then
        for part in read.parts(object) do
          local name = index.task_name(known, object, part)
          check_params(read.at(part, "task", "params"), asked_by_task(known, name), exempt, report, name and "Task " .. name)
        end
      end
    end
  end,
}

-- Calls check(list of parameters) for those of an object.
local function each_list(object, check)
  if object.kind == "Task" then
    for _, step in read.items(read.at(object, "spec", "steps")) do check(read.at(step, "params")) end
  else
    for part in read.parts(object) do check(read.at(part, "task", "params")) end
  end
end

rule "backup/param-twice" {
  summary  = "a parameter is given once",
  help     = "Of two parameters with one name the last counts, and the other misleads whoever reads the file. Remove one.",
  severity = "warning",
  kinds    = { "Task", "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch", "BackupBlueprint" },
  check    = function(object, report)
    each_list(object, function(params)
      local seen = {}
      for _, param in read.items(params) do
        local name = read.text_at(param, "name")
        if name and seen[name] then report(param, "name", ("the parameter %s is given again; the last one counts"):format(name)) end
        if name then seen[name] = true end
      end
    end)
  end,
}

local function is_always_set(name) return variables.ALWAYS[name] or false end

rule "backup/param-shadowed" {
  summary  = "a step's parameter is not called as a variable that is always set",
  help     = "Stash's own variables are stronger than the parameters of a step: the value is never used. Choose another name, or " ..
    "give it " ..
    "as a parameter of the invoker's task, which is stronger.",
  severity = "warning",
  kinds    = { "Task" },
  check    = function(task, report)
    for _, step in read.items(read.at(task, "spec", "steps")) do
      for _, param in read.items(read.at(step, "params")) do
        if read.map(param) and ask(param, "name", is_always_set) then
          report(param, "name", ("%s is set by Stash itself; a step's parameter does not change it"):format(param.name))
        end
      end
    end
  end,
}
