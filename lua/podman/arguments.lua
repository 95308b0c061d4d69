-- A step as words for `podman run`.
--
--   arguments.check(step, pod, podman)                       raises what is wrong with a step, before any step of any Job runs
--   prepared = arguments.prepare(step, pod, run)           run = { folder, podman, network, attempt }
--   arguments.words(prepared, step, volumes)                 -> the words; prepared.variables are NAME=VALUE of podman's environment
--
-- All that can be wrong with a step shows in the first two, before any step of its Job runs.
local environment = require "podman.environment"
local diag = require "base.diag"
local expand = require "podman.expand"
local files = require "engine.files"
local folder = require "podman.folder"
local quantity = require "base.quantity"
local value = require "base.value"

-- An image's name as Kubernetes reads it: from Docker Hub, where it names no registry.
local function full_name(image)
  local first = image:match "^([^/]+)/"
  if not first then return "docker.io/library/" .. image end
  if first:find "[.:]" or first == "localhost" then return image end
  return "docker.io/" .. image
end

local PULL = { Always = "always", IfNotPresent = "missing", Never = "never" }

-- Where nobody says, `latest` is looked for anew, and taken as it is here where nobody can be asked.
local function pull_of(container)
  if container.imagePullPolicy then return PULL[container.imagePullPolicy] or "missing" end
  local tag = container.image:match ":([^/:@]+)$"
  return (tag == nil or tag == "latest") and not container.image:find("@", 1, true) and "newer" or "missing"
end

-- What podman or what it loads would take for its own.
local OF_PODMAN = { "^PATH$", "^HOME$", "^USER$", "^TMPDIR$", "^TERM$", "^XDG_", "^CONTAINER", "^_", "^PODMAN", "^DOCKER", "^REGISTR",
  "^LD_", "^STORAGE_", "^GO", "^DBUS_", "^NOTIFY_", "^LISTEN_", "^BUILDAH", "^SSL_", "_[pP][rR][oO][xX][yY]$", "^LC_", "^LANG" }

local function is_of_podman(name)
  for _, pattern in ipairs(OF_PODMAN) do
    if name:find(pattern) then return true end
  end
  return false
end

-- Secrets go by podman's environment; those that it would heed itself, in a file that nobody else can read.
local function add_environment(words, variables, list, step, pod, run)
  local lines = {}
  for _, each in ipairs(list) do
    if not each.secret then table.move({ "--env", each.name .. "=" .. each.value }, 1, 2, #words + 1, words)
    elseif not is_of_podman(each.name) then
      variables[#variables + 1] = each.name .. "=" .. each.value
      table.move({ "--env", each.name }, 1, 2, #words + 1, words)
    else
      if each.value:find "[\n\"']" then
        pod:refuse(step.path .. ".env", ("%s is a Secret of several lines or with quotes, which podman cannot be told"):format(each.name))
      end
      lines[#lines + 1] = each.name .. "=" .. each.value .. "\n"
    end
  end
  if not lines[1] then return end
  local path = ("%s/env-%d-%s"):format(run.folder.private, run.attempt, step.id)
  local ok, problem = files.put(path, table.concat(lines), tonumber("0600", 8))
  if not ok then diag.raise { rule = "unwritable", message = problem.message } end
  table.move({ "--env-file", path }, 1, 2, #words + 1, words)
end

-- --- users and rights

local function setting(container, pod, name)
  local own = value.get(container, "securityContext", name)
  if own ~= nil then return own end
  return value.get(pod.spec, "securityContext", name)
end

-- What the image says it runs as.
local function user_of_image(image, run)
  local look = { "image", "inspect", "--format", "{{.Config.User}}", image }
  local answer = run.podman:call(look)
  if answer.code ~= 0 and run.podman:call({ "pull", "-q", image }).code == 0 then answer = run.podman:call(look) end
  return answer.code == 0 and answer.out:match "^%s*([^%s:]*)" or ""
end

local function check_user(step, pod, run, user)
  if not setting(step.container, pod, "runAsNonRoot") then return end
  user = user and tostring(user) or user_of_image(full_name(step.image), run)
  if user == "" or user == "0" or user == "root" then
    diag.raise { rule = "job-not-started", within = pod.title,
      message = ("step %s must not run as root (runAsNonRoot), and does"):format(step.name), hint = "runAsUser gives it another user" }
  end
end

local function add_user(add, step, pod, run)
  local user, group = setting(step.container, pod, "runAsUser"), setting(step.container, pod, "runAsGroup")
  check_user(step, pod, run, user)
  if group and not user then
    pod:refuse(step.path .. ".securityContext.runAsGroup", "podman takes a group only together with runAsUser")
  end
  if user then add("--user", group and ("%d:%d"):format(user, group) or ("%d"):format(user)) end
  local context = pod.spec.securityContext or {}
  if context.fsGroup then add("--group-add", ("%d"):format(context.fsGroup)) end
  for _, each in ipairs(context.supplementalGroups or {}) do add("--group-add", ("%d"):format(each)) end
end

local function add_profiles(add, step, pod)
  local profile = setting(step.container, pod, "seccompProfile") or {}
  if profile.type == "Unconfined" then add("--security-opt", "seccomp=unconfined")
  elseif profile.type == "Localhost" then
    pod:refuse(step.path .. ".securityContext.seccompProfile", "the profile lies on a node of a cluster")
  end
  local label = setting(step.container, pod, "seLinuxOptions")
  if not label then add("--security-opt", "label=disable") end
  for _, part in ipairs { "user", "role", "type", "level" } do
    if label and label[part] then add("--security-opt", ("label=%s:%s"):format(part, label[part])) end
  end
end

local function add_security(add, step, pod, run)
  local own = step.container.securityContext or {}
  add_user(add, step, pod, run)
  if own.privileged then add "--privileged" end
  for _, name in ipairs(value.get(own, "capabilities", "drop") or {}) do add("--cap-drop", name) end
  for _, name in ipairs(value.get(own, "capabilities", "add") or {}) do add("--cap-add", name) end
  if own.readOnlyRootFilesystem then
    add "--read-only"
    add "--read-only-tmpfs=false"
  end
  if own.allowPrivilegeEscalation == false then add("--security-opt", "no-new-privileges") end
  add_profiles(add, step, pod)
  for _, each in ipairs(value.get(pod.spec, "securityContext", "sysctls") or {}) do add("--sysctl", each.name .. "=" .. each.value) end
end

-- --- the rest

local function add_limits(add, step, pod)
  for name, amount in value.pairs(value.get(step.container, "resources", "limits") or {}) do
    local path = ("%s.resources.limits.%s"):format(step.path, name)
    local number = quantity(amount) or pod:refuse(path, "it is no quantity")
    if name == "memory" then add("--memory", ("%d"):format(number // 1))
    elseif name == "cpu" then add("--cpus", ("%.3f"):format(math.max(number, 0.01)))
    elseif name ~= "ephemeral-storage" then pod:refuse(path, "podman has no such resource") end
  end
end

local function add_network(add, pod, run)
  local spec = pod.spec
  if run.network or spec.hostNetwork then add("--network", run.network or "host") end
  add("--hostname", (spec.hostname or pod.pod_name):sub(1, 63))
  if spec.hostPID then add("--pid", "host") end
  if spec.hostIPC then add("--ipc", "host") end
  for _, each in ipairs(spec.hostAliases or {}) do
    for _, name in ipairs(each.hostnames or {}) do add("--add-host", name .. ":" .. each.ip) end
  end
  local dns = spec.dnsConfig or {}
  for _, each in ipairs(dns.nameservers or {}) do add("--dns", each) end
  for _, each in ipairs(dns.searches or {}) do add("--dns-search", each) end
  for _, each in ipairs(dns.options or {}) do add("--dns-option", each.value and each.name .. ":" .. each.value or each.name) end
end

local function json_list(list)
  local parts = {}
  for i, text in ipairs(list) do
    parts[i] = '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

-- command or args, expanded.
local function expanded(list, name, values, step, pod)
  local out = {}
  for i, text in ipairs(list or {}) do
    local secret
    out[i], secret = expand(text, values)
    if secret then
      pod:refuse(("%s.%s[%d]"):format(step.path, name, i - 1), "it holds the value of a Secret, which would stand on a command line for "
        .. "every user of this machine to read; let a shell of the container put it in: sh -c 'program \"$NAME\"'")
    end
  end
  return out
end

-- Whether there can be such an image, and where it must not be pulled, there is.
local function check_image(step, pod, podman)
  local name, path = full_name(step.image), step.path .. ".image"
  if not step.image:find "^%w[%w._/:@%-]*$" then pod:refuse(path, ("%q is no name of an image"):format(step.image)) end
  if step.container.imagePullPolicy == "Never" and podman:call({ "image", "exists", name }).code == 1 then
    pod:refuse(path, ("%s is not on this machine, and imagePullPolicy: Never says that it is not to be pulled"):format(name))
  end
end

local arguments = {}

function arguments.check(step, pod, podman)
  local _, values = environment(step.container, pod, step.path)
  for _, name in ipairs { "command", "args" } do expanded(step.container[name], name, values, step, pod) end
  check_image(step, pod, podman)
end

-- prepare(step, pod, run) -> all of it but its mounts, which depend on what the steps before it left
function arguments.prepare(step, pod, run)
  local container, words, variables = step.container, {}, {}
  local function add(...) table.move({ ... }, 1, select("#", ...), #words + 1, words) end
  local list, values = environment(container, pod, step.path)
  add("--rm", "--quiet", "--name", step.id, "--label", folder.LABEL .. "=" .. run.folder.id, "--label", "moonstep.step=" .. step.name)
  add("--log-driver", "none", "--http-proxy=false", "--systemd=false", "--no-healthcheck", "--pull", pull_of(container))
  add_network(add, pod, run)
  add_security(add, step, pod, run)
  add_limits(add, step, pod)
  if pod.spec.terminationGracePeriodSeconds then add("--stop-timeout", ("%d"):format(pod.spec.terminationGracePeriodSeconds)) end
  if container.workingDir then add("--workdir", container.workingDir) end
  add_environment(words, variables, list, step, pod, run)
  local command = expanded(container.command, "command", values, step, pod)
  if command[1] then add("--entrypoint", json_list(command)) end
  local behind = { full_name(container.image), table.unpack(expanded(container.args, "args", values, step, pod)) }
  return { words = words, behind = behind, values = values, variables = variables }
end

-- words(prepared, step, volumes) -> the words behind `podman run`
function arguments.words(prepared, step, volumes)
  local words = table.move(prepared.words, 1, #prepared.words, 1, {})
  for _, word in ipairs(volumes:mounts(step.container, step.path, prepared.values)) do
    words[#words + 1] = "--volume"
    words[#words + 1] = word
  end
  return table.move(prepared.behind, 1, #prepared.behind, #words + 1, words)
end

return arguments
