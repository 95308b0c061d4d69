-- What commands have in common that are about what moonstep made in a cluster.
local diag = require "base.diag"

local clusters = {}

clusters.options = {
  { long = "namespace", short = "n", kind = "label", value = "NAME", help = "namespace (default: that of the context)" },
  { long = "context", kind = "text", value = "NAME", help = "the cluster of this context (default: the current one)" },
  { long = "kubeconfig", kind = "text", value = "FILE", help = "where contexts of clusters stand (default: KUBECONFIG, ~/.kube/config)" },
  { long = "format", kind = "choice", choices = { "human", "ndjson" }, default = "human", help = "how messages are printed" },
  { long = "quiet", short = "q", kind = "flag", help = "print errors only" },
  { long = "help", short = "h", kind = "flag", help = "this text" },
}

-- with(own) -> a command's own options before these
function clusters.with(own)
  local all = table.move(own, 1, #own, 1, {})
  return table.move(clusters.options, 1, #clusters.options, #all + 1, all)
end

-- run(given, function(connection, namespace, report) -> status or nil) -> exit status
function clusters.run(given, work)
  local report = diag.report { format = given.format, quiet = given.quiet }
  local ok, result = diag.catch(function()
    local connection, namespace = require "cluster.connect"(given, report)
    return work(connection, namespace, report)
  end)
  if not ok then report:add(result) end
  return ok and result or report:status()
end

-- job(connection, name, namespace) -> the latest Job of a run, by the run's name or the Job's own; raises where there is none. What belongs
-- to a Job, such as a hook, is meant by its own name alone.
function clusters.job(connection, name, namespace)
  local made = require "cluster.made"
  local all = made.jobs(connection, { name = name, namespace = namespace })
  for i = #all, 1, -1 do
    if not made.part_of(all[i]) then return all[i] end
  end
  local names, seen = {}, {}
  for _, job in ipairs(made.jobs(connection, { namespace = namespace })) do
    if job.metadata.name == name then return job end
    local run = made.run_of(job)
    if not seen[run] and not made.part_of(job) then names[#names + 1] = run end
    seen[run] = true
  end
  local meant = require "base.near"(name, names)
  connection:raise(("moonstep has made no Job %s in namespace %s"):format(name, namespace),
    meant and ("did you mean %s?"):format(meant) or "`moonstep status` lists what there is, -A that of all namespaces")
end

return clusters
