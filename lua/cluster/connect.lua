-- The cluster of the command line, for commands that render nothing.
--
--   connect(given, report) -> connection, namespace        --context, else the current one; --kubeconfig; -n, else the context's namespace
local cluster = require "kube.cluster"
local clusters = require "kube.clusters"
local running = require "scripts.running"

return function(given, report)
  running.begin()
  local all = clusters.new { kubeconfig = given.kubeconfig, note = function(message)
    report:add { rule = "kube", severity = "info", message = message }
  end }
  local name = given.context or cluster.current(given.kubeconfig)
  all:prepare(name)
  local connection = all:connection(name)
  return connection, given.namespace or connection.settings.namespace or "default"
end
