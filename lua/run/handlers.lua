-- What the hooks of an invoker are to do, as containers.
--
--   handlers.read(job, target, "pre" | "post") -> hook | nil: the Job's template made none
--   handlers.read_whole(job, target, "pre" | "post") -> hook | nil     that of its batch as a whole, of which no template makes anything
--   handlers.is_of_batch(name) -> whether a container is one of a pre hook of a batch as a whole
--   handlers.containers(hook, summary) -> one a handler, in the order in which they run; raises where one cannot be made
--   handlers.summary(hook) -> what may be put into commands and bodies, but of how the Job is
--   handlers.runner(hook) -> a container that can run moonstep: that of a step that does, else moonstep's own image
--   handlers.runs_moonstep(steps) -> the first of them that does, or nil
--
-- A hook is plain data: { kind = "preBackup" and the like, hook = as the invoker has it, steps = containers of the Job but its hooks,
-- container = the one that the template made, names = of its containers, is_before, about, title }. Nothing is changed, nothing asked.
--
-- A handler becomes a container: `exec` that of the step that containerName names (by its whole name, or without its number), or of the
-- nearest step, with the hook's command; httpGet and httpPost run `moonstep notify-http`. In commands and bodies {{ .Status.Phase }} and
-- the like are put in; other templates are an error.
local diag = require "base.diag"
local host = require "engine.host"
local value = require "base.value"

local handlers = {}

local CONTAINERS = { pre = "pre-task-hook", post = "post-task-hook" }
local OF_BATCH = { pre = "pre-batch-hook", post = "post-batch-hook" }
local OUTPUT = "/stash-tmp/output"

local function refuse(self, field, why, hint)
  diag.raise { rule = "hook", trouble = true, within = self.title, hint = hint,
    message = ("hooks.%s.%s: %s"):format(self.kind, field, why) }
end

-- --- templates: {{ .Status.Phase }}

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

-- --- containers

-- The container of a step by its name, or its name without the number; the nearest one where nothing is said.
local function step_named(self, name)
  if not name or name == "" then return self.steps[self.is_before and 1 or #self.steps] end
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

function handlers.runs_moonstep(steps)
  for _, step in ipairs(steps) do
    if step.command and step.command[1] == "moonstep" then return step end
  end
end

-- A step that runs moonstep already is taken, or else moonstep's own image with what the hook's container has.
function handlers.runner(self)
  local step = handlers.runs_moonstep(self.steps)
  if step then return value.copy(step) end
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
  local container = handlers.runner(self)
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

function handlers.containers(self, summary)
  local all = {}
  for _, each in ipairs(HANDLERS) do
    local handler = self.hook[each[1]]
    if handler then
      local container = each[2](self, handler, summary)
      container.name = self.names[#all + 1]
      all[#all + 1] = container
    end
  end
  return all
end

function handlers.summary(self)
  local about = self.about
  return { Name = about.name, Namespace = about.namespace, Target = about.target,
    Invoker = { APIGroup = "stash.appscode.com", Kind = about.invoker.kind, Name = about.invoker.name } }
end

-- --- reading

-- The name of a hook's container by its number.
local function name_of(first, number) return number == 1 and first or ("%s-%d"):format(first, number - 1) end

-- The names of a hook's containers, one a handler.
local function names_of(hook, first)
  local found = {}
  for _, each in ipairs(HANDLERS) do
    if hook[each[1]] then found[#found + 1] = name_of(first, #found + 1) end
  end
  return found
end

-- Names of containers that are no steps.
local NO_STEPS, BEFORE_BATCH = {}, {}
for number = 1, #HANDLERS do
  for _, first in ipairs { CONTAINERS.pre, CONTAINERS.post, OF_BATCH.pre } do NO_STEPS[name_of(first, number)] = true end
  BEFORE_BATCH[name_of(OF_BATCH.pre, number)] = true
end

function handlers.is_of_batch(name) return BEFORE_BATCH[name] == true end

local function about_of(target)
  local ref = value.get(target.spec, "target", "ref") or {}
  local session = target.session or target.invoker
  return { name = session.name, namespace = session.namespace, invoker = { kind = target.invoker.kind, name = target.invoker.name },
    target = { APIVersion = ref.apiVersion or "", Kind = ref.kind or "", Namespace = ref.namespace or session.namespace or "",
      Name = ref.name or "" } }
end

-- "preBackup" and the like.
local function kind_of(target, when) return when .. (target.direction == "backup" and "Backup" or "Restore") end

-- The containers of a Pod in their order, without those of hooks; and what the template made for the one that is looked for.
local function take_apart(pod, name)
  local steps, found = {}, nil
  for _, field in ipairs { "initContainers", "containers" } do
    for _, container in ipairs(pod[field] or {}) do
      if container.name == name then found = container
      elseif not NO_STEPS[container.name] then steps[#steps + 1] = container end
    end
  end
  return steps, found
end

function handlers.read(job, target, when)
  if not target.invoker then return nil end
  local kind = kind_of(target, when)
  local hook = value.get(target.spec, "hooks", kind)
  local steps, container = take_apart(value.get(job, "spec", "template", "spec") or {}, CONTAINERS[when])
  if not hook or not container or not steps[1] then return nil end
  return { kind = kind, hook = value.copy(hook), steps = steps, container = container, names = names_of(hook, CONTAINERS[when]),
    is_before = when == "pre", about = about_of(target),
    title = ("Job %s/%s"):format(job.metadata.namespace or "default", job.metadata.name) }
end

function handlers.read_whole(job, target, when)
  local invoker = target.invoker
  local kind = kind_of(target, when)
  local hook = value.get(invoker.value, "spec", "hooks", kind)
  local steps = take_apart(job.spec.template.spec, nil)
  if not hook or not steps[1] then return nil end
  local about = about_of(target)
  about.target = { APIVersion = "", Kind = "", Namespace = "", Name = "" }
  return { kind = kind, hook = value.copy(hook), steps = steps, container = value.copy(steps[#steps]), about = about,
    names = names_of(hook, OF_BATCH[when]), is_before = when == "pre",
    title = ("%s %s/%s"):format(invoker.kind, invoker.namespace or "default", invoker.name) }
end

return handlers
