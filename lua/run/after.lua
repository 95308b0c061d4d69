-- What runs behind the end of a Job, whatever that end was: its post hooks, as a Job of its own with the same volumes. The hook of a
-- rendered Job is its last container, which no step that fails lets start; here it is taken out, and made anew when the end is known.
--
--   local behind = after.read(Job, target)      nil where it has no post hook. The Job, as plain tables, loses the hook's container.
--                                               Raises where the hook cannot be made
--   behind.names                                of the containers that its hook may need, in order
--   behind:jobs(outcome, attempt) -> list of Jobs: none where the policy says no
--   behind:skipped(outcome, attempt) -> why there are none, in words
--   behind:sample(name) -> the Jobs behind a success of the Job that is called so, or as it was rendered, whatever the policy says: to be
--                          looked at, not to be run
--   behind:runner() -> a container that can run moonstep: that of a step that does, else moonstep's own image
--   behind:packed() -> all of it as plain data, which after.unpack(data) makes the same of elsewhere
--   after.end_of(title, outcome, why) -> outcome, words       of what is told in the end, where hooks failed for a reason: of what is
--                                               complete it makes a failure, and beside any other end there are words to be told
--
-- outcome: { failed = boolean, step = name of the one that failed, error = words, seconds }. attempt: { number, left = how often it will be
-- tried again, name = that of its Job, where it has one of its own }. Nothing is asked and nothing done here: the same input gives the same
-- Jobs, on this machine and on a cluster.
--
-- Policies: Always (also what is unknown), OnSuccess, OnFailure, OnFinalRetryFailure. A handler becomes a container: `exec` that of the
-- step that containerName names (by its whole name, or without its number), or of the last step, with the hook's command; httpGet and
-- httpPost run `moonstep notify-http`. In commands and bodies {{ .Status.Phase }} and the like are put in; other templates are an error.
-- The environment of each has MOONSTEP_OUTCOME (Succeeded or Failed), _STEP, _ERROR, _SECONDS, _ATTEMPT and _RETRIES_LEFT.
local diag = require "base.diag"
local host = require "engine.host"
local names = require "templates.names"
local value = require "base.value"

local after = {}

local Behind = {}
Behind.__index = Behind

local CONTAINER = "post-task-hook"
local LIMIT = 300 -- seconds that hooks may take
local OUTPUT = "/stash-tmp/output"

local function refuse(self, field, why, hint)
  diag.raise { rule = "hook", trouble = true, within = self.title, hint = hint,
    message = ("hooks.%s.%s: %s"):format(self.kind, field, why) }
end

-- --- policies

local WORDS = { OnSuccess = "only after a success", OnFailure = "only after a failure",
  OnFinalRetryFailure = "only after the last failure" }

function Behind:skipped(outcome, attempt)
  local policy = self.hook.executionPolicy
  local wanted = true
  if policy == "OnSuccess" then wanted = not outcome.failed
  elseif policy == "OnFailure" then wanted = outcome.failed
  elseif policy == "OnFinalRetryFailure" then wanted = outcome.failed and attempt.left == 0 end
  return not wanted and WORDS[policy] or nil
end

-- --- templates: {{ .Status.Phase }}

local function summary_of(self, outcome, attempt)
  local about = self.about
  return { Name = about.name, Namespace = about.namespace, Invoker = { APIGroup = "stash.appscode.com", Kind = about.invoker.kind,
    Name = about.invoker.name }, Target = about.target, RetryLeft = attempt.left,
    Status = { Phase = outcome.failed and "Failed" or "Succeeded", Duration = ("%ds"):format(outcome.seconds // 1),
      Error = outcome.error or "" } }
end

local function filled(self, text, field, summary)
  if not text:find("{{", 1, true) then return text end
  text = text:gsub("{{%-?%s*(.-)%s*%-?}}", function(inner)
    local v = summary
    if not inner:find "^%.[%a.]+$" then v = nil end
    for name in inner:gmatch "[^.]+" do v = type(v) == "table" and v[name] or nil end
    if v == nil or type(v) == "table" then
      refuse(self, field, ("{{ %s }} is more than a field of the summary"):format(diag.visible(inner)),
        "such as {{ .Status.Phase }}, {{ .Status.Error }}, {{ .Target.Name }}; a shell sees MOONSTEP_OUTCOME and MOONSTEP_ERROR")
    end
    return tostring(v)
  end)
  return text:match "^%s*(.-)%s*$"
end

-- --- handlers

-- The container of a step by its name, or its name without the number.
local function step_named(self, name)
  if not name or name == "" then return self.steps[#self.steps] end
  for _, step in ipairs(self.steps) do
    if step.name == name or step.name:gsub("%-%d+$", "") == name then return step end
  end
  refuse(self, "containerName", ("there is no step %s"):format(diag.visible(name)))
end

local function exec_container(self, handler, summary)
  local container = value.copy(step_named(self, self.hook.containerName))
  container.command, container.args = {}, nil
  for i, word in ipairs(handler.command or {}) do container.command[i] = filled(self, word, "exec.command", summary) end
  if not container.command[1] then refuse(self, "exec.command", "it is empty") end
  return container
end

-- A step that runs moonstep already is taken, or else moonstep's own image with what the hook's container has.
local function own_container(self)
  for _, step in ipairs(self.steps) do
    if step.command and step.command[1] == "moonstep" then return value.copy(step) end
  end
  local container = value.copy(self.container)
  container.image, container.args, container.imagePullPolicy = "moonstep:" .. host.version(), nil, "IfNotPresent"
  return container
end

local function url_of(self, handler, field)
  local port = tonumber(handler.port)
  if value.is_empty(handler.host) then
    refuse(self, field .. ".host", "it names no host, and what runs behind the end has no address of its own to ask")
  end
  if not port then refuse(self, field .. ".port", "it must be a number, as nothing listens in the hook itself") end
  local scheme = (handler.scheme or "HTTP"):lower()
  return ("%s://%s:%d/%s"):format(scheme, handler.host, port, (handler.path or ""):gsub("^/", ""))
end

local function escaped(text) return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

local function form_of(form)
  local parts = {}
  for _, each in ipairs(form) do
    for _, v in ipairs(each.values or {}) do parts[#parts + 1] = escaped(each.key) .. "=" .. escaped(v) end
  end
  return table.concat(parts, "&")
end

local function http_container(self, handler, field, method, summary)
  local container = own_container(self)
  local command = { "moonstep", "notify-http", "--output-dir=" .. OUTPUT, "--when=always", "--on-failure=exit", "--redirects-count",
    "--method=" .. method, "--url=" .. url_of(self, handler, field) }
  for _, header in ipairs(handler.httpHeaders or {}) do command[#command + 1] = ("--header=%s: %s"):format(header.name, header.value) end
  if method == "POST" then
    local form = not value.is_empty(handler.form)
    command[#command + 1] = "--body=" .. (form and form_of(handler.form) or filled(self, handler.body or "", field .. ".body", summary))
    if form then command[#command + 1] = "--content-type=application/x-www-form-urlencoded" end
  end
  container.command, container.args = command, nil
  return container
end

local HANDLERS = {
  { "exec", exec_container },
  { "httpGet", function(self, handler, summary) return http_container(self, handler, "httpGet", "GET", summary) end },
  { "httpPost", function(self, handler, summary) return http_container(self, handler, "httpPost", "POST", summary) end },
  { "tcpSocket", function(self) refuse(self, "tcpSocket", "nothing here tries a port alone", "httpGet asks what listens there") end },
}

-- --- the Job

-- As the kubelet reads values: $(NAME) would be put in.
local function plain(text) return (text:gsub("%$%(", "$$(")) end

local function add_outcome(container, outcome, attempt)
  local env = {}
  local texts = { MOONSTEP_OUTCOME = outcome.failed and "Failed" or "Succeeded", MOONSTEP_STEP = outcome.step,
    MOONSTEP_ERROR = outcome.error, MOONSTEP_SECONDS = ("%d"):format(outcome.seconds // 1),
    MOONSTEP_ATTEMPT = ("%d"):format(attempt.number), MOONSTEP_RETRIES_LEFT = ("%d"):format(attempt.left) }
  for _, each in ipairs(container.env or {}) do
    if not texts[each.name] then env[#env + 1] = each end
  end
  for _, name in ipairs { "OUTCOME", "STEP", "ERROR", "SECONDS", "ATTEMPT", "RETRIES_LEFT" } do
    local text = texts["MOONSTEP_" .. name]
    if text then env[#env + 1] = { name = "MOONSTEP_" .. name, value = plain(text) } end
  end
  container.env = env
end

-- A Job that runs once, whatever the other one says of how often it is tried.
local function job_of(self, outcome, attempt)
  local summary, containers = summary_of(self, outcome, attempt), {}
  for _, each in ipairs(HANDLERS) do
    local handler = self.hook[each[1]]
    if handler then
      local container = each[2](self, handler, summary)
      container.name = self.names[#containers + 1]
      add_outcome(container, outcome, attempt)
      containers[#containers + 1] = container
    end
  end
  local job = value.copy(self.job)
  local last, pod = table.remove(containers), job.spec.template.spec
  job.metadata.name = names.behind(attempt.name or job.metadata.name, "-after")
  job.spec = { backoffLimit = 0, activeDeadlineSeconds = LIMIT, template = job.spec.template }
  pod.initContainers, pod.containers, pod.restartPolicy = containers[1] and containers or nil, { last }, "Never"
  pod.activeDeadlineSeconds = nil
  return job
end

function Behind:jobs(outcome, attempt)
  if self:skipped(outcome, attempt) then return {} end
  return { job_of(self, outcome, attempt) }
end

function Behind:sample(name) return { job_of(self, { failed = false, seconds = 0 }, { number = 1, left = 0, name = name }) } end

function Behind:runner() return own_container(self) end

-- --- elsewhere

local PACKED = { "kind", "hook", "steps", "container", "job", "names", "about", "title" }

function Behind:packed()
  local data = {}
  for _, field in ipairs(PACKED) do data[field] = self[field] end
  return data
end

function after.unpack(data)
  local behind = {}
  for _, field in ipairs(PACKED) do
    behind[field] = data[field]
    if behind[field] == nil then
      diag.raise { rule = "hook", trouble = true, message = ("what says which hooks there are has no field %s"):format(field) }
    end
  end
  return setmetatable(behind, Behind)
end

-- --- reading

-- The names of a hook's containers, one a handler.
local function names_of(hook)
  local found = {}
  for _, each in ipairs(HANDLERS) do
    if hook[each[1]] then found[#found + 1] = #found == 0 and CONTAINER or ("%s-%d"):format(CONTAINER, #found) end
  end
  return found
end

local function about_of(target)
  local ref = value.get(target.spec, "target", "ref") or {}
  local session = target.session or target.invoker
  return { name = session.name, namespace = session.namespace, invoker = { kind = target.invoker.kind, name = target.invoker.name },
    target = { APIVersion = ref.apiVersion or "", Kind = ref.kind or "", Namespace = ref.namespace or session.namespace or "",
      Name = ref.name or "" } }
end

function after.read(job, target)
  local pod = value.get(job, "spec", "template", "spec") or {}
  local last = pod.containers and pod.containers[1]
  local init = pod.initContainers or {}
  if not last or last.name ~= CONTAINER or #init == 0 or not target.invoker then return nil end
  local kind = target.direction == "backup" and "postBackup" or "postRestore"
  local hook = value.get(target.spec, "hooks", kind)
  if not hook then return nil end
  local needed = names_of(hook)
  if not needed[1] then return nil end
  pod.containers = { table.remove(init) }
  pod.initContainers = init[1] and init or nil
  local steps = table.move(init, 1, #init, 1, {})
  steps[#steps + 1] = pod.containers[1]
  local title = ("Job %s/%s"):format(job.metadata.namespace or "default", job.metadata.name)
  local behind = setmetatable({ kind = kind, hook = value.copy(hook), steps = steps, container = last, job = job, names = needed,
    about = about_of(target), title = title }, Behind)
  behind:sample() -- a hook that cannot be made is told before anything runs
  return behind
end

-- --- the end

function after.end_of(title, outcome, why)
  if not why then return outcome end
  local words = ("a hook of %s failed: %s"):format(title, why)
  if outcome.status == "complete" then return { status = "failed", rule = "hook-failed", message = words } end
  return outcome, words
end

return after
