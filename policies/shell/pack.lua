-- The pack `shell`: text that is given to a shell by the command line of a container, a probe or a hook.
--
-- Functions are looked at as they were written, with moonstep's variables and `$$` in place, and Pods as they were rendered or given.
-- words.lua and grammar.lua read shell text; unquoted.lua, failures.lua and dangers.lua judge what was read; questions.lua is how rules
-- ask.
local about = include "questions.lua"
local command = include "command.lua"
local written = include "written.lua"

local KINDS = { "Function", "Pod", "PodTemplate", "Job", "CronJob", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet",
  "ReplicationController", "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch", "BackupBlueprint" }

local function map(v)
  local kind = type(v)
  return (kind == "userdata" or kind == "table") and v or nil
end

local function map_at(v, ...)
  for i = 1, select("#", ...) do v = map(v) and v[(select(i, ...))] end
  return map(v)
end

-- Calls check for the shell text of one command line.
local function check_line(lists, env, check)
  local text = lists[1] and command.find(lists)
  if text then check(text, env) end
end

local EXECS = { { "livenessProbe" }, { "readinessProbe" }, { "startupProbe" }, { "lifecycle", "postStart" }, { "lifecycle", "preStop" } }

-- The command line of a container, of its probes and its lifecycle. `settings` is the container, or a Function's settings.
local function check_container(container, settings, check)
  local lists = {}
  for _, field in ipairs { "command", "args" } do
    local list = map_at(container, field)
    if list and #list > 0 then lists[#lists + 1] = list end
  end
  local env = map_at(settings, "env")
  check_line(lists, env, check)
  for _, path in ipairs(EXECS) do
    local handler = map_at(settings, table.unpack(path))
    local line = map_at(handler, "exec", "command")
    if line then check_line({ #line > 0 and line or nil }, env, check) end
  end
end

local HOOKS = { "preBackup", "postBackup", "preRestore", "postRestore" }

local function check_hooks(part, check)
  for _, name in ipairs(HOOKS) do
    local line = map_at(part, "hooks", name, "exec", "command")
    if line then check_line({ #line > 0 and line or nil }, nil, check) end
  end
end

-- Calls check(text as command.find gives it, environment) for each shell text of an object.
local function each_text(object, check)
  local spec = map_at(object, "spec")
  if object.kind == "Function" then return spec and check_container(spec, map_at(spec, "runtimeSettings"), check) end
  for container in k8s.containers(object) do check_container(container, container, check) end
  if not k8s.pod(object) and spec then
    check_hooks(spec, check)
    local members = map_at(spec, "members")
    for i = 1, members and #members or 0 do check_hooks(members[i], check) end
  end
end

-- The check of a rule whose question's answers are its messages.
local function reporting(name, hint_of)
  return function(object, report)
    local is_written = object.kind == "Function"
    each_text(object, function(text)
      local answer = about(name, text, is_written)
      for message in (answer or ""):gmatch "[^\n]+" do report(text.list, text.key, message, { hint = hint_of and hint_of(text) }) end
    end)
  end
end

rule "shell/syntax" {
  summary = "shell text can be read by its shell",
  help    = "A quote that is never closed, or an if without fi, is found when the container starts, and not before. Mend what the " ..
    "message names.",
  source  = "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html",
  kinds   = KINDS,
  check   = reporting "syntax",
}

rule "shell/bashism" {
  summary  = "text for sh holds nothing of bash alone",
  help     = "sh is dash in Debian's images and busybox in Alpine's: arrays, [[ ]], <( ) and ${x/y/z} fail there or mean " ..
    "something else. " ..
    "Run bash, or write it as POSIX has it.",
  source   = "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html",
  severity = "warning",
  kinds    = KINDS,
  check    = reporting("bashism", function() return "run it with bash, if the image has one" end),
}

rule "shell/unquoted" {
  summary  = "what is expanded stands in double quotes",
  help     = "Without quotes a value is split at blanks and its * become names of files: a name with a blank deletes or dumps " ..
    "something else. " ..
    'Write "$name", "$@", "$(command)".',
  source   = "https://www.shellcheck.net/wiki/SC2086",
  severity = "warning",
  kinds    = KINDS,
  check    = reporting("unquoted", function() return 'put double quotes round it: "$name"' end),
}

rule "shell/no-errexit" {
  summary  = "a text of several commands ends when one fails",
  help     = "A shell goes on after a command that failed, and the container succeeds when its last command does: a backup that " ..
    "was never " ..
    "written counts as done. Begin with set -e, or join the commands with &&.",
  source   = "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_26",
  severity = "warning",
  kinds    = KINDS,
  check    = reporting("no-errexit", function() return "begin with set -e, or join the commands with &&" end),
}

local PIPEFAIL = {
  sh = "dash has no set -o pipefail: use bash, or write to a file first, as in pg_dump > f && gzip f; busybox knows it",
  bash = "begin with set -o pipefail", other = "begin with set -o pipefail",
}

rule "shell/no-pipefail" {
  summary  = "a pipeline fails when any of its commands does",
  help     = "The status of pg_dump | gzip > file is gzip's: a dump that broke off is compressed and counts as a backup. " ..
    "Say set -o pipefail in bash and busybox; in dash write to a file first, and compress that.",
  source   = "https://www.gnu.org/software/bash/manual/html_node/Pipelines.html",
  severity = "warning",
  kinds    = KINDS,
  check    = reporting("no-pipefail", function(text) return PIPEFAIL[text.dialect] end),
}

rule "shell/curl-pipe-shell" {
  summary = "nothing is run as it comes from the network",
  help    = "What a server sends today need not be what it sent in review, and half of a script is run when the connection breaks. " ..
    "Put it into the image, or check a digest first.",
  kinds   = KINDS,
  check   = reporting("curl-pipe-shell", function() return "put it into the image, or check a digest before it is run" end),
}

rule "shell/secret-in-text" {
  summary = "no secret is written into shell text",
  help    = "What stands in an object is read by everybody who may read Pods, and stays in the history of the repository. " ..
    'Put it into the environment from a Secret and write "$NAME".',
  source  = "https://kubernetes.io/docs/concepts/configuration/secret/",
  kinds   = KINDS,
  check   = reporting("secret-in-text", function() return 'env with valueFrom.secretKeyRef, and "$NAME" in the text' end),
}

-- --- values that become code

-- The variables of the environment: by what is put into them, and by name.
local function environment(env)
  local by_value, by_name = {}, {}
  for i = 1, env and #env or 0 do
    local entry = map(env[i])
    if entry and type(entry.name) == "string" and entry.name:find "^[%a_][%w_]*$" then
      by_name[entry.name] = true
      if type(entry.value) == "string" then by_value[entry.value] = by_value[entry.value] or entry.name end
    end
  end
  return by_value, by_name
end

-- The text with each variable read from the environment instead, or nil where that takes more than another text.
local function mended(text, contexts, by_value)
  local _, refs = written.read(text)
  local by = {}
  for i, ref in ipairs(refs) do
    local name = by_value[ref.source]
    if not name or contexts[i] ~= "plain" and contexts[i] ~= "double" then return nil end
    by[i] = (contexts[i] == "plain" and '"$${%s}"' or "$${%s}"):format(name)
  end
  return written.replaced(text, refs, by)
end

-- Variables of moonstep, which are put in before a shell sees the text.
local function check_variables(text, env, report)
  local answer = about("variables", text, true)
  if not answer then return end
  local contexts, sources = {}, {}
  for context, source in answer:gmatch "(%a+) ([^\n]+)" do contexts[#contexts + 1], sources[#sources + 1] = context, source end
  local by_value = environment(env)
  local fix, seen = mended(text.list[text.key], contexts, by_value), {}
  for _, source in ipairs(sources) do
    if not seen[source] then
      seen[source] = true
      local name = by_value[source]
      report(text.list, text.key, ("%s is put into shell text: its value is run as code"):format(source), { fix = fix,
        hint = name and ('write "$%s", which the environment has'):format(name)
          or ('put it into the environment, runtimeSettings.env: {name: X, value: "%s"}, and write "$X"'):format(source) })
    end
  end
end

-- References of Kubernetes, which are put in before the container starts.
local function check_references(text, env, is_written, report)
  local answer = env and about("references", text, is_written)
  if not answer then return end
  local _, by_name = environment(env)
  local seen = {}
  for name in answer:gmatch "[^\n]+" do
    if by_name[name] and not seen[name] then
      seen[name] = true
      report(text.list, text.key, ("Kubernetes puts the value of $(%s) into shell text: it is run as code"):format(name),
        { hint = ('write "$%s"'):format(name) })
    end
  end
end

rule "shell/variable-in-text" {
  summary = "no value is put into shell text",
  help    = "A value that is put in before the shell reads the text becomes code: a name such as x; rm -rf / is run. " ..
    'Pass it through the environment and write "$NAME": what a shell expands itself it does not run.',
  source  = "https://cwe.mitre.org/data/definitions/78.html",
  kinds   = KINDS,
  check   = function(object, report)
    local is_written = object.kind == "Function"
    each_text(object, function(text, env)
      if is_written then check_variables(text, env, report) end
      check_references(text, env, is_written, report)
    end)
  end,
}
