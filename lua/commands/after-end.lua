-- moonstep after-end
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"

local command = {
  summary = "wait for the end of a Job in a cluster, and do what there is to do then",
  usage = "moonstep after-end --errand FILE [options]",
  text = [[
What the Job NAME-follower runs that `moonstep run --detach` makes beside a Job with hooks or retries, or with a session in the cluster.
FILE is what run wrote down about them, in the Secret NAME-follower. It watches the Job. When that has ended, however it was, it makes the
Job of its hooks, NAME-after, as far as their execution policy says so; tries it again as NAME-retry-N, as long as retries are left; and in
the end tells the session of a failure that the last step could not tell. It may be started again at any time: hooks and attempts that are
there are not made twice, and an attempt that somebody deleted does not come back.

In a Pod it asks the cluster as the Pod's service account; with --context, the cluster of a kubeconfig.

Exit status: 0 all is done, or the Job was deleted; 2 something could not be done.
]],
  options = {
    { long = "errand", kind = "text", value = "FILE", help = "what there is to follow, and what to do then" },
    { long = "context", kind = "text", value = "NAME", help = "the cluster of this context (default: the current one, or the Pod's)" },
    { long = "kubeconfig", kind = "text", value = "FILE", help = "where contexts of clusters stand (default: KUBECONFIG, ~/.kube/config)" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local MOST = 4 << 20 -- bytes

local function say(words, ...) host.message(("moonstep: %s\n"):format(diag.visible(words:format(...)))) end

local function read(path)
  local text, problem = files.read(path, MOST)
  if not text then diag.raise { rule = problem.id, trouble = true, message = "--errand: " .. problem.message } end
  local errand = require "cluster.errand".read(text)
  if not errand then
    diag.raise { rule = "hook", trouble = true, message = ("--errand: %s is not what `moonstep run --detach` writes down"):format(path) }
  end
  return errand
end

local function follow(given, report)
  local errand = read(given.errand)
  local connection = require "cluster.connect"(given, report)
  errand:run(connection, require "cluster.follower".name(errand.job), say)
end

function command.run(given, operands, wrong)
  if operands[1] then return wrong(("after-end takes no operands: %s"):format(operands[1])) end
  if not given.errand then return wrong "after-end needs --errand FILE" end
  local report = diag.report { format = "human" }
  local ok, raised = diag.catch(follow, given, report)
  if not ok then report:add(raised) end
  return report:status()
end

return command
