-- The clusters of a run: a client for each context that is granted to somebody.
--
-- prepare reads what a context says and starts the process for its command, if it has one, since behind the second wall neither can be
-- done. What is wrong with a context is kept and raised when it is first asked: who does not use it need not have it. When exchanges are
-- replayed, nothing is read. What reads and asks is loaded when the first context is prepared: most runs ask no cluster.
local diag = require "base.diag"

local clusters = {}

local Clusters = {}
Clusters.__index = Clusters

-- What client.new wants to know of a context.
local function read(self, name)
  local settings = require "kube.cluster".read(name, self.kubeconfig)
  local command = settings.exec and require "kube.plugin".start(settings.exec, settings.about, self.note)
  return { settings = settings, credentials = require "kube.credentials".new(settings, command) }
end

-- prepare(name): may be said again.
function Clusters:prepare(name)
  if self.clients[name] then return end
  local with = { replay = self.replay }
  if not self.replay then
    local ok, result = diag.catch(read, self, name)
    with = ok and result or { problem = result }
  end
  self.clients[name] = require "kube.client".new(name, with, self.record)
end

-- client(name of a context that was prepared) -> client
function Clusters:client(name) return self.clients[name] end

-- connection(name [, loop]) -> our own connection to the cluster of a context that was prepared (kube.connection), with the same
-- credentials.
-- What is wrong with the context is raised.
function Clusters:connection(name, loop)
  local its = self.clients[name]
  local problem = its.problem
  if problem then diag.raise { rule = "kube", message = problem.message, hint = problem.hint, place = problem.place } end
  return require "kube.connection".new(name, its, loop)
end

-- any() -> true when servers will be asked
function Clusters:any() return not self.replay and next(self.clients) ~= nil end

-- folders() -> those that must stay readable
function Clusters:folders()
  local all = {}
  for _, each in pairs(self.clients) do
    local settings = each.settings
    if settings then table.move(settings.folders, 1, #settings.folders, #all + 1, all) end
  end
  return all
end

-- new { kubeconfig = what --kubeconfig says, record, replay = folders, note = function(message), for what commands say } -> clusters
function clusters.new(with)
  return setmetatable({ kubeconfig = with.kubeconfig, record = with.record, replay = with.replay, note = with.note, clients = {} },
    Clusters)
end

return clusters
