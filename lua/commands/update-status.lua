-- moonstep update-status
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local report = require "status.report"
local results = require "status.results"
local secret = require "engine.secret"

local function text(name, help, value) return { long = name, kind = "text", value = value or "NAME", help = help } end

local command = {
  summary = "tell what became of a backup or restore: its session, its Repository, a Pushgateway",
  usage = "moonstep update-status --output-dir FOLDER (--backupsession | --restoresession) NAME [options]",
  text = [[
What the Function of that name runs as the last step of a Task. It reads what the steps before it left in the output folder, sets the
status of the session and of the Repository, and pushes metrics. A step that failed, or that left nothing, is told as a failure.

In a Pod it asks the cluster as the Pod's service account; with --context, the cluster of a kubeconfig. Anywhere else the status goes
into a file: --status-file, or reported.json in the output folder.

Exit status: 0 the backup or restore is done, 1 it failed, 2 it could not be told to the cluster.
]],
  options = {
    text("output-dir", "where the steps left their results", "FOLDER"), text("namespace", "of the session (default: default)"),
    text("backupsession", "the BackupSession"), text("restoresession", "the RestoreSession or RestoreBatch"),
    text("invoker-kind", "such as BackupConfiguration", "KIND"), text("invoker-name", "its name"),
    text("target-kind", "what was backed up or restored", "KIND"), text("target-name", "its name"),
    text("target-namespace", "its namespace (default: that of the session)"),
    text("hostname", "the host's name in statuses (default: host-0)"),
    text("repository", "the Repository"), text("repository-namespace", "its namespace (default: that of the session)"),
    text("provider", "its backend, for metrics where there is no cluster"), text("bucket", "likewise"), text("path", "likewise", "PREFIX"),
    { long = "metrics-enabled", kind = "choice", choices = { "true", "false" }, default = "true", help = "push metrics" },
    text("metrics-pushgateway-url", "where to", "URL"), text("prom-job-name", "taken for what Stash's Functions say, and not needed"),
    text("status-file", "write the status there, on a cluster too", "FILE"), text("context", "the cluster of this context"),
    text("kubeconfig", "where contexts stand (default: KUBECONFIG, ~/.kube/config)", "FILE"),
    text("termination-log", "of the container, where it is there: why it failed goes there (default: /dev/termination-log)", "FILE"),
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local MOST_WORDS = 2000 -- bytes; a kubelet takes 4096

local function filled(v) return v ~= nil and v ~= "" and v or nil end

-- What the session is called and is.
local function session_of(given)
  if filled(given.backupsession) then return { kind = "BackupSession", name = given.backupsession } end
  if not filled(given.restoresession) then return nil end
  return { kind = given["invoker-kind"] == "RestoreBatch" and "RestoreBatch" or "RestoreSession", name = given.restoresession }
end

local function read_about(given)
  local session, namespace = session_of(given), filled(given.namespace) or "default"
  local direction = (filled(given.restoresession) or (given["invoker-kind"] or ""):find "^Restore") and "restore" or "backup"
  if not session and not filled(given["invoker-kind"]) then direction = results.direction(given["output-dir"]) end
  return {
    namespace = namespace, session = session, direction = direction, now = host.clock(), hostname = filled(given.hostname) or "host-0",
    invoker = { kind = filled(given["invoker-kind"]) or "none", name = filled(given["invoker-name"]) or "none" },
    target = { kind = filled(given["target-kind"]), name = filled(given["target-name"]),
      namespace = filled(given["target-namespace"]) or namespace },
    repository = filled(given.repository), repository_namespace = filled(given["repository-namespace"]), provider = given.provider,
    bucket = given.bucket, prefix = given.path,
    gateway = given["metrics-enabled"] == "true" and filled(given["metrics-pushgateway-url"]) or nil,
  }
end

-- Tells the cluster, in an order in which a session is over only when all else is told.
local function tell_cluster(given, about, result)
  local connection = report.connect(given.context, given.kubeconfig)
  local repository = report.repository(connection, about)
  about.pushed, about.why_pushed = report.push(about, report.metrics(about, result, repository))
  local object = about.session and report.session(connection, about, result)
  if repository then report.put_repository(connection, about, result, object) end
  if object and about.pushed then about.pushed, about.why_pushed = report.push(about, report.session_metrics(about, object)) end
end

-- What a Pod's service account may not do.
local function advise(given, about, raised)
  if given.context or not raised.message:find("403 Forbidden", 1, true) then return end
  raised.hint = ("`moonstep catalog rbac -n %s` prints a service account that may; runtimeSettings.pod.serviceAccountName names it"):format(
    about.namespace)
end

-- What people and logs see.
local function say(about, result, messages)
  local what = about.direction == "backup" and "the backup" or "the restore"
  if result.failed then
    messages:add { rule = "backup-failed", severity = "error", message = ("%s failed: %s"):format(what, result.failed),
      hint = result.advice }
  else
    local snapshot = result.snapshots[1]
    host.message(("moonstep: %s is done%s\n"):format(what, snapshot and (": snapshot %s, %s, %s of it new"):format(
      diag.visible(snapshot.name), snapshot.totalSize, snapshot.uploaded) or ""))
  end
  if about.pushed == false then
    messages:add { rule = "metrics", severity = "warning", message = "metrics could not be pushed: " .. about.why_pushed,
      hint = "moonstep is told with --option pushgatewayUrl=URL where the Pushgateway is, and with pushgatewayUrl= that there is none" }
  end
end

-- A file that somebody asked for must be there.
local function put_file(given, about, result, messages)
  local asked = filled(given["status-file"])
  local path = asked or given["output-dir"] .. "/reported.json"
  local ok, problem = files.replace(path, report.text(about, result, about.pushed, about.why_pushed))
  if ok then return end
  messages:add { rule = problem.id, severity = asked and "error" or "warning", trouble = asked ~= nil, message = problem.message }
end

-- For `kubectl describe`, and for hooks behind the end: they see what the Pod's status says.
local function put_words(given, words)
  local path = filled(given["termination-log"]) or "/dev/termination-log"
  if files.exists(path) then files.overwrite(path, secret.mask(diag.visible(words)):sub(1, MOST_WORDS)) end
end

function command.run(given, operands, wrong)
  if operands[1] then return wrong(("update-status takes no operands: %s"):format(operands[1])) end
  if not filled(given["output-dir"]) then return wrong "update-status needs --output-dir FOLDER" end
  if filled(given.backupsession) and filled(given.restoresession) then return wrong "update-status takes one session" end
  local about, messages = read_about(given), diag.report { format = "human" }
  local result = results.read(given["output-dir"], about.direction)
  local in_cluster = report.is_near(given.context) and (about.session or about.repository)
  if in_cluster then
    local told, raised = diag.catch(tell_cluster, given, about, result)
    if not told then
      advise(given, about, raised)
      messages:add(raised)
    end
  else about.pushed, about.why_pushed = report.push(about, report.metrics(about, result)) end
  say(about, result, messages)
  if result.failed then put_words(given, result.failed) end
  if not in_cluster or filled(given["status-file"]) then put_file(given, about, result, messages) end
  return messages:status()
end

return command
