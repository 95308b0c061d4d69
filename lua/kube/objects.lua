-- Objects that a render needs and that no file holds, read from the cluster that the command line names (--context, --cluster).
--
--   objects.source(connection, options, report) -> one of a model's other sources (model.index); `why(kind)` says, after something was not
--     found, why objects of that kind cannot be read there
--   objects.session(connection, source, model, name, namespace)   adds the session of that name to the model
--   objects.task(model, name)                                     gets a Task and its Functions: for batches, whose processes ask nobody
--
-- Each is got once in a run. What a file would be refused for, an object of a cluster is, too; messages show it as FILE does, under the
-- name "Kind NAME of context CONTEXT". Only what its writer said is looked at: neither managedFields nor what kubectl remembers.
local connection = require "kube.connection"
local diag = require "base.diag"
local index = require "model.index"
local json = require "kube.json"
local kinds = require "documents.kinds"
local read = require "documents.load"
local refusal = require "kube.refusal"
local value = require "base.value"

local objects = {}

local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

-- The path of an object; nil for what is no name of any.
local function path_of(kind, namespace, name)
  local known = kinds.known[kind]
  if not name:find "^[%w][%w.-]*$" then return nil end
  local root = ("/apis/%s/%s/"):format(known.group, known.version)
  if not known.namespaced then return root .. known.plural .. "/" .. name end
  if not namespace:find "^[%w][%w-]*$" then return nil end
  return ("%snamespaces/%s/%s/%s"):format(root, namespace, known.plural, name)
end

-- Why the cluster cannot be asked for objects of a kind, in words, or nil. Where the catalogue has what is needed, that is no matter.
local function obstacle(self, kind, request, answer)
  if answer.status == 404 then
    local known = kinds.known[kind]
    return ("context %s: the cluster knows no kind %s of %s/%s; give it with -f, or install the CustomResourceDefinitions there"):format(
      self.name, kind, known.group, known.version)
  end
  if answer.status == 403 then return ("context %s: %s"):format(self.name, (refusal.of(self, request, answer))) end
end

-- The object, or nil and why nobody can know.
local function get(self, kind, path)
  local request = { method = "GET", path = path }
  local answer = self:request(request)
  if connection.is_absence(answer) then return {} end
  local why = obstacle(self, kind, request, answer)
  return why and { why = why } or { object = self:expect(answer, request) }
end

local function entry_of(self, object, options, report)
  object.metadata.managedFields = nil
  local annotations = value.get(object, "metadata", "annotations")
  if annotations then annotations[LAST_APPLIED] = nil end
  local title = ("%s %s of context %s"):format(object.kind, object.metadata.name, self.name)
  local model = index(read({ { title, json.encode(object) } }, {}, report), options, report)
  return model.entries[1]
end

-- Problems are told once, however many objects they keep us from.
local function teller(report)
  local told = {}
  return function(d)
    if told[d.hint or d.message] then return end
    told[d.hint or d.message] = true
    report:add(d)
  end
end

function objects.source(self, options, report)
  local reasons, tell = {}, teller(report)
  local function find(kind, path)
    local ok, found = diag.catch(get, self, kind, path)
    if not ok then return tell(found) end
    reasons[kind] = reasons[kind] or found.why
    return found.object and entry_of(self, found.object, options, report)
  end
  return {
    find = function(kind, namespace, name)
      local path = path_of(kind, namespace, name)
      return path and find(kind, path) or nil
    end,
    names = function() return {} end,
    why = function(kind) return reasons[kind] end,
  }
end

local SESSIONS = { "BackupSession", "RestoreSession", "RestoreBatch" }

-- In a cluster that does not know all kinds of sessions, those that it does not know are none.
function objects.session(self, source, model, name, namespace)
  for _, kind in ipairs(SESSIONS) do
    local answer = self:request { path = path_of(kind, namespace, name) or self:raise(("%s is no name of a session"):format(name)) }
    if answer.status ~= 404 then
      local entry = source.find(kind, namespace, name)
      if entry then model:add(entry) end
      return
    end
  end
  self:raise(("there is no BackupSession, RestoreSession or RestoreBatch %s/%s"):format(namespace, name), "-n says in which namespace")
end

function objects.task(model, name)
  local task = model:find("Task", "", name)
  for _, step in ipairs(value.get(task and task.value or {}, "spec", "steps") or {}) do
    if type(step.name) == "string" then model:find("Function", "", step.name) end
  end
end

return objects
