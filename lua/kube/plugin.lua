-- Exec plugins: commands that a kubeconfig names to get credentials from (client.authentication.k8s.io/v1 and v1beta1).
--
-- plugin.start begins a process, before the second wall, that runs the command when credentials are needed (engine/host/broker.h). The
-- command has our environment, what the kubeconfig adds to it, and KUBERNETES_EXEC_INFO; it has no standard input and no terminal, so one
-- that must ask somebody (interactiveMode: Always) is refused. It has 60 seconds, or what the target's wall clock leaves.
--
-- Several targets may wait for one run; whoever looks first takes what came of it, for all. A failure counts for ten seconds, so that
-- thousands of targets do not all wait for the same.
--
-- What it prints on standard error is shown, without secrets as far as they are known; of its output, which is credentials, nothing is.
local broker = require "engine.broker"
local diag = require "base.diag"
local emit = require "engine.emit"
local freshness = require "scripts.freshness"
local host = require "engine.host"
local http = require "engine.http"
local kubeconfig = require "kube.kubeconfig"
local load = require "engine.load"
local reasons = require "scripts.reasons"
local running = require "scripts.running"
local secret = require "engine.secret"
local value = require "base.value"

local plugin = {}

local field, wrong = kubeconfig.field, kubeconfig.wrong

local GROUP = "client.authentication.k8s.io/"
local LIMIT = 60000 -- milliseconds
local GLANCE = 5 -- milliseconds between looks at a command that runs
local FAILED = 10 -- seconds that a failure counts
local MOST_SHOWN = 400 -- bytes of standard error

local Plugin = {}
Plugin.__index = Plugin

-- --- what the kubeconfig says

local function read_version(exec, title)
  local version = field(exec, "apiVersion", "string", title)
  if version == GROUP .. "v1" or version == GROUP .. "v1beta1" then return version end
  wrong(exec, version and "apiVersion" or nil, "%s.apiVersion must be %sv1 or %sv1beta1", title, GROUP, GROUP)
end

-- It has nobody to ask.
local function check_mode(exec, title, version)
  local mode = field(exec, "interactiveMode", "string", title)
  if not mode and version == GROUP .. "v1" then
    wrong(exec, nil, "%s.interactiveMode must be said: Never, IfAvailable or Always", title)
  elseif mode == "Always" then
    wrong(exec, "interactiveMode", "%s must be able to ask somebody (interactiveMode: Always), and here nobody answers; log in beforehand, "
      .. "and set it to IfAvailable if the command then needs no answers", title)
  elseif mode and mode ~= "Never" and mode ~= "IfAvailable" then
    wrong(exec, "interactiveMode", "%s.interactiveMode must be Never, IfAvailable or Always", title)
  end
end

-- The command with its arguments. One with a slash is relative to the kubeconfig; others are looked for in PATH.
local function read_arguments(exec, title, folder)
  local command = field(exec, "command", "string", title)
  if not command then wrong(exec, nil, "%s names no command", title) end
  local is_relative = command:find("/", 1, true) and command:sub(1, 1) ~= "/"
  if is_relative and folder ~= "" then command = folder .. command:gsub("^%./", "") end
  local arguments = { command }
  for _, text in ipairs(field(exec, "args", "list", title) or {}) do
    if type(text) ~= "string" then wrong(exec, "args", "%s.args must be strings; write them in quotes", title) end
    arguments[#arguments + 1] = text
  end
  return arguments
end

-- What the environment has in addition, as NAME=VALUE, and what of it may be secret.
local function read_variables(exec, title)
  local variables, secrets = {}, {}
  for _, each in ipairs(field(exec, "env", "list", title) or {}) do
    local name = type(each) == "table" and field(each, "name", "string", title .. ".env")
    if not name or name:find("=", 1, true) then wrong(exec, "env", "%s.env must be a list of name and value", title) end
    local text = field(each, "value", "string", title .. ".env") or ""
    variables[#variables + 1] = name .. "=" .. text
    if reasons.is_secret_name(name:lower()) then secrets[#secrets + 1] = text end
  end
  return variables, secrets
end

local function info(exec, title, version, about)
  local spec = { interactive = false }
  if field(exec, "provideClusterInfo", "boolean", title) then spec.cluster = about end
  local text, why = emit.new({}):json { kind = "ExecCredential", apiVersion = version, spec = spec }
  if not text then error(why, 0) end
  return "KUBERNETES_EXEC_INFO=" .. text
end

-- --- what the command says

-- The end of what it printed on standard error, in one line.
local function shown_errors(self, err)
  local text = secret.mask(reasons.masked(err, self.secrets)):gsub("eyJ[%w_-]+%.[%w_-]+%.?[%w_-]*", "***") -- a JSON Web Token
  text = text:gsub("%s+", " "):match "^ ?(.-) ?$"
  if #text > MOST_SHOWN then text = "…" .. text:sub(utf8.offset(text, 0, #text - MOST_SHOWN) or -MOST_SHOWN) end
  return text
end

local function fail(self, words, ...)
  diag.raise { rule = "kube", of_script = true, message = ("the command %s of %s %s"):format(self.command, self.title, words:format(...)),
    hint = self.hint }
end

-- Ends where the command did not end well.
local function check_outcome(self, answer)
  local said = shown_errors(self, answer.err)
  local behind = said ~= "" and ": " .. said or ""
  if answer.outcome == "unstarted" then
    diag.raise { rule = "kube", of_script = true, hint = self.install,
      message = ("the command %s of %s cannot be run: %s"):format(self.command, self.title, answer.why) }
  elseif answer.outcome == "late" then fail(self, "gave no credentials within %d s%s", LIMIT // 1000, behind)
  elseif answer.outcome == "oversize" then fail(self, "printed more than 1 MiB")
  elseif answer.outcome == "gone" then fail(self, "cannot be run any more: the process that would run it is gone")
  elseif answer.code ~= 0 then fail(self, "ended with status %d%s", answer.code, behind) end
end

-- The value of a JSON text, or nil.
local function decode(text)
  if not text:find "^%s*{" then return nil end
  local source = load.source(text, "credentials")
  local reader = source and load.reader(source)
  local v = reader and load.next(reader)
  return type(v) == "table" and v or nil
end

-- A field of the status as a string; what else stands there is not shown.
local function status_text(self, status, name)
  local v = status[name]
  if v == nil or v == value.null or v == "" then return nil end
  if type(v) ~= "string" then fail(self, "printed a %s that is no string", name) end
  return v
end

-- The credentials in what it printed.
local function read_credentials(self, text)
  local printed = decode(text)
  if not printed then fail(self, "printed no JSON object") end
  if printed.kind ~= "ExecCredential" then fail(self, "printed no ExecCredential") end
  if printed.apiVersion ~= self.version then fail(self, "printed an ExecCredential of another version than %s", self.version) end
  local status = type(printed.status) == "table" and printed.status or fail(self, "printed an ExecCredential without a status")
  local found = { token = status_text(self, status, "token"), certificate = status_text(self, status, "clientCertificateData"),
    key = status_text(self, status, "clientKeyData") }
  if not found.token and not found.certificate then fail(self, "printed neither a token nor a client certificate") end
  if (found.certificate == nil) ~= (found.key == nil) then fail(self, "printed only one of clientCertificateData and clientKeyData") end
  if found.token and not found.token:find "^[\33-\126]+$" then
    fail(self, "printed a token that is none: it holds spaces or control characters")
  end
  local expires = status_text(self, status, "expirationTimestamp")
  found.expires = expires and (freshness.timestamp(expires) or fail(self, "printed an expirationTimestamp that is no time"))
  if found.expires and found.expires <= host.clock() then fail(self, "printed credentials that expired at %s", expires) end
  return found
end

-- The credentials in an answer of the broker. What was said beside them is noted.
local function read_answer(self, answer)
  check_outcome(self, answer)
  local found = read_credentials(self, answer.out)
  for _, text in pairs { found.token, found.key } do table.insert(self.secrets, text) end
  local said = shown_errors(self, answer.err)
  if said ~= "" then self.note(("the command %s of %s says: %s"):format(self.command, self.title, said)) end
  return found
end

-- Waits until a run has ended that went on after this was called.
local function await_run(self)
  local runs = self.runs
  broker.ask(self.broker)
  running.now.on = ("the command %s of %s"):format(self.command, self.title)
  while self.runs == runs do
    local answer = broker.answer(self.broker)
    if answer then
      self.runs = runs + 1
      self.fine, self.result = diag.catch(read_answer, self, answer)
      self.ended = host.clock()
    else http.pause(GLANCE) end
  end
  running.now.on = nil
end

-- credentials() -> { token, certificate, key, expires = seconds since 1970, or nil }: runs the command, and waits for it.
function Plugin:credentials()
  local failed_lately = self.runs > 0 and not self.fine and host.clock() - self.ended < FAILED
  if not failed_lately then await_run(self) end
  if self.fine then return self.result end
  diag.raise { rule = "kube", of_script = true, message = self.result.message, hint = self.result.hint }
end

-- start(exec as kube.cluster gives it, what is told about the cluster, note = function(message)) -> plugin. What is wrong with it is
-- raised, here or when it is asked.
function plugin.start(exec, about, note)
  local v, title = exec.value, exec.title
  local version = read_version(v, title)
  check_mode(v, title, version)
  local arguments = read_arguments(v, title, exec.folder)
  local variables, secrets = read_variables(v, title)
  variables[#variables + 1] = info(v, title, version, about)
  local self = setmetatable({ command = arguments[1], title = title, version = version, secrets = secrets, note = note, runs = 0,
    install = field(v, "installHint", "string", title) }, Plugin)
  local problem
  self.broker, problem = broker.start { arguments = arguments, variables = variables, limit = LIMIT }
  if not self.broker then
    diag.raise { rule = "kube", of_script = true, message = ("the command %s of %s cannot be run: %s"):format(self.command, title,
      problem.message), hint = "moonstep test runs no commands; its tests have recorded answers (replay = …)" }
  end
  return self
end

return plugin
