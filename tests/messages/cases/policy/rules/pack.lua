local names = include "names.lua"
local version = option "site.version" { summary = "x", default = "latest" }
rule "site/name" { summary = "s", kinds = {"*"}, check = function(o, report)
  if not ask(o.metadata, "name", names.ok) then report(o, "metadata.name", "bad name at " .. version) end end }
rule "site/host" { summary = "s", pods = true, select = { namespace = "prod*" }, check = function(pod, report)
  if pod.spec.hostNetwork then report(pod, "spec.hostNetwork", "host network", { fix = false }) end end }
rule "site/step" { summary = "s", containers = true, select = { step = "a" }, severity = "warning", check = function(c, report)
  report(c, "image", "step") end }
rule "site/all" { summary = "s", kinds = {"Job"}, check_all = function(objects, report)
  report(objects[1], {"metadata", "name"}, #objects .. " jobs") end }
