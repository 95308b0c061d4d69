-- moonstep after-end
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"

local command = {
  summary = "wait for the end of a Job in a cluster, and make the Job of its hooks",
  usage = "moonstep after-end --hooks FILE [options]",
  text = [[
What the Job NAME-follower runs that `moonstep run --detach` makes beside a Job with hooks. FILE is what run wrote down about them, in the
Secret NAME-follower. It watches the Job; when that has ended, however it was, it makes the Job of the hooks, NAME-after, as far as their
execution policy says so, and leaves it to the cluster. It may be started again at any time: hooks that are there are not made twice.

In a Pod it asks the cluster as the Pod's service account; with --context, the cluster of a kubeconfig.

Exit status: 0 the hooks are made, or none are to be run, or the Job was deleted; 2 they could not be made.
]],
  options = {
    { long = "hooks", kind = "text", value = "FILE", help = "what there is to follow, and what to make" },
    { long = "context", kind = "text", value = "NAME", help = "the cluster of this context (default: the current one, or the Pod's)" },
    { long = "kubeconfig", kind = "text", value = "FILE", help = "where contexts of clusters stand (default: KUBECONFIG, ~/.kube/config)" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local MOST = 4 << 20 -- bytes

local LAST = { number = 1, left = 0 } -- nobody is there who would try the Job again

local function say(words, ...) host.message(("moonstep: %s\n"):format(diag.visible(words:format(...)))) end

-- What is to be followed: the Job and its hooks.
local function read(path)
  local text, problem = files.read(path, MOST)
  if not text then diag.raise { rule = problem.id, trouble = true, message = "--hooks: " .. problem.message } end
  local job, behind = require "cluster.follower".read(text)
  if not job then
    diag.raise { rule = "hook", trouble = true, message = ("--hooks: %s is not what `moonstep run --detach` writes down"):format(path) }
  end
  return job, behind
end

local function follow(given, report)
  local ended, hooks, made, wait = require "cluster.ended", require "cluster.hooks", require "cluster.made", require "cluster.wait"
  local job, behind = read(given.hooks)
  local connection = require "cluster.connect"(given, report)
  local over, pod = wait.over(connection, job)
  if not over then return say("%s is not there any more, so its hooks are not run", made.words(job)) end
  local outcome = ended.read(over, pod)
  say("%s", outcome.error or made.words(job) .. " is complete")
  local why = behind:skipped(outcome, LAST)
  if why then return say("its hooks are not run: they are %s", why) end
  for _, object in ipairs(hooks.make(connection, behind, job, outcome, LAST)) do say("%s is there for its hooks", made.words(object)) end
end

function command.run(given, operands, wrong)
  if operands[1] then return wrong(("after-end takes no operands: %s"):format(operands[1])) end
  if not given.hooks then return wrong "after-end needs --hooks FILE" end
  local report = diag.report { format = "human" }
  local ok, raised = diag.catch(follow, given, report)
  if not ok then report:add(raised) end
  return report:status()
end

return command
