-- What there is to do behind the end of a Job that nobody waits for (`run --detach`): what `run` does itself where it stays. Its hooks run
-- as their policies say, it is tried again, and its session is told of a failure that the last step could not tell.
--
--   errand.of(connection, each, settings) -> errand | nil: there is nothing to do; and why the session cannot be told
--                                        of cluster.put's each, its hooks taken (cluster.hooks)
--   self:take_over()                     before the Job is applied: what would remove it too early is taken out of it
--   self:text(job) -> text               of the Job that was applied; errand.read(text) -> the same errand | nil: the text is none
--   self:only_tells() -> whether a session is to be told, and nothing else
--   self:runner() -> a container that can run moonstep
--   self:rules(name of its Job) -> rights that it takes, as rules of a Role
--   self:run(connection, follower, say)  does it, to the end; raises where it cannot. `follower` is the name of the Job that does it
--
-- It may be run again at any time, from the beginning: what is there is not made twice, neither hooks nor attempts. How many attempts have
-- been made is written on the follower's own Job, so that one that somebody deleted does not come back.
local after = require "run.after"
local apply = require "kube.apply"
local attempts = require "cluster.attempts"
local diag = require "base.diag"
local ended = require "cluster.ended"
local handlers = require "run.handlers"
local hooks = require "cluster.hooks"
local json = require "kube.json"
local kinds = require "documents.kinds"
local made = require "cluster.made"
local owned = require "cluster.owned"
local value = require "base.value"
local verdict = require "cluster.verdict"
local wait = require "cluster.wait"

local errand = {}

local Errand = {}
Errand.__index = Errand

-- --- what there is to do

-- A session is looked for only where something can tell it: Jobs of which no step runs moonstep are others' to tell of.
local function session_of(self, connection, target)
  local about = verdict.about(target)
  if not about or not (self.behind or self.retries > 0 or handlers.runs_moonstep(made.containers(self.job))) then return nil end
  local ok, is_there = diag.catch(verdict.is_there, connection, about)
  return ok and is_there and about or nil, not ok and is_there or nil
end

function errand.of(connection, each, settings)
  local self = setmetatable({ job = each.object, behind = each.behind }, Errand)
  self.retries, self.delay = attempts.retries(each, settings)
  local why
  self.session, why = session_of(self, connection, each.target)
  if not self.behind and self.retries == 0 and not self.session then return nil, why end
  local ttl = self.job.spec.ttlSecondsAfterFinished
  self.ttl = math.type(ttl) == "integer" and ttl or nil
  return self, why
end

function Errand:only_tells() return not self.behind and self.retries == 0 end

-- With the Job goes all that belongs to it. How long it stays is said when all is done.
function Errand:take_over() self.job.spec.ttlSecondsAfterFinished = nil end

function Errand:runner()
  return self.behind and self.behind:runner() or handlers.runner { steps = made.containers(self.job), container = {} }
end

-- Those of its first Job, and of all that it may be tried again as.
local function names_of_attempts(self)
  local first = self.job.metadata.name
  local names = { first }
  for number = 1, self.retries do names[number + 1] = attempts.name(first, number) end
  return names
end

-- --- the rights that it takes

local function rule(group, resources, names, ...)
  return { apiGroups = { group }, resources = resources, resourceNames = names, verbs = { ... } }
end

-- Kubernetes cannot say which Jobs are created, nor which Pods are looked at.
function Errand:rules(follower)
  local names, changed = {}, {}
  for _, name in ipairs(names_of_attempts(self)) do
    names[#names + 1] = name
    for _, hook in ipairs(self.behind and self.behind:sample(name) or {}) do names[#names + 1] = hook.metadata.name end
  end
  if self.retries > 0 then names[#names + 1], changed[1] = follower, follower end
  if self.ttl then changed[#changed + 1] = self.job.metadata.name end
  local all = { rule("batch", { "jobs" }, names, "get", "list", "watch"), rule("", { "pods" }, nil, "list", "watch") }
  if not self:only_tells() then all[#all + 1] = rule("batch", { "jobs" }, nil, "create") end
  if changed[1] then all[#all + 1] = rule("batch", { "jobs" }, changed, "patch") end
  local about = self.session
  if not about then return all end
  local session = kinds.known[about.session.kind]
  all[#all + 1] = rule(session.group, { session.plural, session.plural .. "/status" }, { about.session.name }, "get", "patch")
  if about.invoker.kind == "BackupBatch" then
    all[#all + 1] = rule(session.group, { kinds.known.BackupBatch.plural }, { about.invoker.name }, "get")
  end
  return all
end

-- --- as text

function Errand:text(job)
  return json.encode { uid = job.metadata.uid, job = self.job, hooks = self.behind and self.behind:packed() or nil, retries = self.retries,
    delay = self.delay, session = self.session, ttl = self.ttl }
end

function errand.read(text)
  local data = json.decode(text)
  if not value.get(data, "job", "metadata", "name") or type(data.uid) ~= "string" or not math.tointeger(data.retries) then return nil end
  data.job.metadata.uid = data.uid
  return setmetatable({ job = data.job, behind = data.hooks and after.unpack(data.hooks), retries = data.retries, delay = data.delay,
    session = data.session, ttl = data.ttl }, Errand)
end

-- --- doing it

local ATTEMPT = "moonstep/attempt"

local function deleted(job)
  return { status = "failed", gone = true, job = job, message = made.words(job) .. " was deleted before its end" }
end

-- What becomes of an attempt, as cluster.follow has it.
local function outcome_of(connection, job)
  local over, pod = wait.over(connection, job)
  return over and { status = ended.status(over), job = over, pod = pod } or deleted(job)
end

-- The Jobs of the hooks behind an attempt, which run then.
local function make_hooks(self, connection, outcome, attempt, say)
  if not self.behind or outcome.gone then return {} end
  local told = ended.read(outcome.job, outcome.pod)
  local why = self.behind:skipped(told, attempt)
  if why then say("its hooks are not run: they are %s", why) end
  local all = hooks.make(connection, self.behind, outcome.job, told, attempt)
  for _, hook in ipairs(all) do say("%s is there for its hooks", made.words(hook)) end
  return all
end

local function await_all(connection, jobs)
  for _, job in ipairs(jobs) do wait.over(connection, job) end
end

-- How many attempts have been made, as far as that was written down.
local function number_made(connection, follower)
  local live = apply.live(connection, follower)
  return tonumber(value.get(live, "metadata", "annotations", ATTEMPT)) or 1
end

-- What becomes of the attempt behind attempt `number`, which is made now or was before.
local function try_again(self, connection, follower, number, say)
  local object = owned.of(attempts.again({ object = self.job }, number).object, self.job)
  object.metadata.uid, object.spec.suspend = nil, nil
  local live = apply.live(connection, object)
  if live and owned.belongs_to(live, self.job) then return outcome_of(connection, live) end
  if number_made(connection, follower) > number then return deleted(object) end
  local pause = attempts.pause(self.delay, number - 1)
  say("it is tried again as %s, %d s from now", made.words(object), pause // 1000)
  connection.loop:sleep(pause)
  live = owned.create(connection, object, self.job)
  apply.touch(connection, follower, ATTEMPT, ("%d"):format(number + 1))
  return outcome_of(connection, live)
end

-- How long the first Job stays counts from its own end, which may be long ago.
local function let_go(self, connection)
  local live = apply.live(connection, self.job)
  if not live or live.metadata.uid ~= self.job.metadata.uid then return end
  apply.merge(connection, live, { spec = { ttlSecondsAfterFinished = self.ttl + math.ceil(ended.age(live)) } })
end

local function finish(self, connection, outcome, ran, say)
  if self.session and verdict.tell(connection, self.session, outcome) then
    say("%s %s/%s is told of it", self.session.session.kind, self.session.namespace, self.session.session.name)
  end
  if not self.ttl then return end
  await_all(connection, ran)
  let_go(self, connection)
end

function Errand:run(connection, name, say)
  local follower = { apiVersion = "batch/v1", kind = "Job", metadata = { name = name, namespace = self.job.metadata.namespace } }
  local outcome, number = outcome_of(connection, self.job), 1
  while true do
    say("%s", outcome.message or ended.read(outcome.job, outcome.pod).error or made.words(outcome.job) .. " is complete")
    if outcome.gone and number == 1 then return end -- and all that belongs to it goes
    local left = attempts.is_retried(outcome) and self.retries - number + 1 or 0
    local ran = make_hooks(self, connection, outcome, { number = number, left = left }, say)
    if left == 0 then return finish(self, connection, outcome, ran, say) end
    await_all(connection, ran)
    outcome, number = try_again(self, connection, follower, number, say), number + 1
  end
end

return errand
