-- Secrets that are written down where everybody reads them: in environments, arguments, parameters and URLs.
--
-- A message names what was found and where, never the secret.
local read = include "read.lua"
local secrets = include "../secrets.lua"

local HELP = "What stands in an object is read by everybody who may read Jobs, and stays in the history of the repository. "
local FROM_SECRET = { hint = "valueFrom: {secretKeyRef: {name: …, key: …}}" }

-- Calls check(map with env, command and args) for all that run or configure containers.
local function each_settings(object, check)
  if object.kind == "Job" or object.kind == "CronJob" or object.kind == "Pod" then
    for container in k8s.containers(object) do check(container) end
    return
  end
  local spec = read.map_at(object, "spec")
  if object.kind == "Function" and spec then
    check(spec)
    if read.map(spec.runtimeSettings) then check(spec.runtimeSettings) end
    return
  end
  if read.map_at(spec, "runtimeSettings", "container") then check(spec.runtimeSettings.container) end
  for part in read.parts(object) do
    local settings = read.map_at(part, "runtimeSettings", "container")
    if settings and object.kind:find "Batch$" then check(settings) end
  end
end

local KINDS = { "Function", "Job", "CronJob", "Pod",
  "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch", "BackupBlueprint" }

rule "backup/secret-env" {
  summary = "secrets reach the environment by reference",
  help    = HELP .. "Keep it in a Secret and name that: valueFrom.secretKeyRef.",
  source  = "https://kubernetes.io/docs/concepts/configuration/secret/",
  kinds   = KINDS,
  check   = function(object, report)
    each_settings(object, function(settings)
      for _, variable in read.items(settings.env) do
        if read.map(variable) and ask(variable, "name", secrets.is_name) and ask(variable, "value", secrets.is_literal_env) then
          report(variable, "value", ("the value of %s is written down"):format(variable.name), FROM_SECRET)
        end
      end
    end)
  end,
}

-- Reports the words of a command line that give a secret away. They are asked about and not read: most differ from Job to Job.
local function check_words(list, report)
  local is_value = false
  for i = 1, list and #list or 0 do
    local option = ask(list, i, secrets.OPTION)
    local name = option and secrets.is_option(option) and ask(list, i, secrets.in_argument)
    if type(name) == "string" then report(list, i, ("the value of --%s is written down"):format(name))
    elseif is_value and ask(list, i, secrets.is_literal_word) then
      report(list, i, ("the value of %s is written down"):format(list[i - 1]))
    end
    is_value = name == true
  end
end

rule "backup/secret-argument" {
  summary = "no argument holds a secret",
  help    = HELP .. "Arguments are in every list of processes besides. Put it into the environment from a Secret and write " ..
    "$(NAME), or pass a file.",
  kinds   = KINDS,
  check   = function(object, report)
    each_settings(object, function(settings)
      check_words(read.map(settings.command), report)
      check_words(read.map(settings.args), report)
    end)
  end,
}

local function check_text(part, key, report)
  local what = ask(part, key, secrets.SUSPECT) and ask(part, key, secrets.in_text)
  if what then report(part, key, "this holds " .. what) end
end

local function check_texts(list, report)
  for i = 1, list and #list or 0 do check_text(list, i, report) end
end

rule "backup/secret-text" {
  summary = "no text holds a private key, a password in a URL or a token",
  help    = HELP .. "Keep it in a Secret, and mount that or name it in the environment.",
  kinds   = { "Function", "Task", "Repository", "AppBinding", table.unpack(KINDS, 2) },
  check   = function(object, report)
    each_settings(object, function(settings)
      check_texts(read.map(settings.command), report)
      check_texts(read.map(settings.args), report)
      for _, variable in read.items(settings.env) do
        if read.map(variable) then check_text(variable, "value", report) end
      end
    end)
    local rest, client = read.map_at(object, "spec", "backend", "rest"), read.map_at(object, "spec", "clientConfig")
    if rest then check_text(rest, "url", report) end
    if client then check_text(client, "url", report) end
    local hooks = read.map_at(object, "spec", "hooks") or {}
    for _, hook in pairs(hooks) do check_texts(read.map_at(hook, "exec", "command"), report) end
  end,
}

local function check_params(params, report)
  for _, param in read.items(params) do
    if read.map(param) and ask(param, "name", secrets.is_param_name) and ask(param, "value", secrets.is_literal_env) then
      report(param, "value", ("the value of %s is written down"):format(param.name),
        { hint = "name a Secret, and let the Function read it" })
    elseif read.map(param) then check_text(param, "value", report) end
  end
end

rule "backup/secret-param" {
  summary = "no parameter is a secret",
  help    = HELP .. "Let the Function take it from a Secret, and give the Secret's name as a parameter.",
  kinds   = { "Task", "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch", "BackupBlueprint", "AppBinding" },
  check   = function(object, report)
    for _, step in read.items(object.kind == "Task" and read.at(object, "spec", "steps")) do
      check_params(read.at(step, "params"), report)
    end
    for part in read.parts(object) do check_params(read.at(part, "task", "params"), report) end
    local addon = read.map_at(object, "spec", "parameters", "stash", "addon")
    for _, task in ipairs { "backupTask", "restoreTask" } do check_params(read.at(addon, task, "params"), report) end
  end,
}
