rule "site/host-network" {
  summary = "Pods have a network of their own",
  pods    = true,
  check   = function(pod, report)
    if pod.spec.hostNetwork then report(pod, "spec.hostNetwork", "it shares the host's network", { fix = k8s.remove }) end
  end,
}

rule "site/non-root" {
  summary = "no container runs as root",
  pods    = true,
  check   = function(pod, report)
    local context = pod.spec.securityContext
    if not (context and context.runAsNonRoot) then
      report(pod, "spec.securityContext.runAsNonRoot", "it may run as root", { hint = "see the handbook", fix = true })
    end
  end,
}

rule "site/tag" {
  summary    = "images have tags",
  containers = true,
  severity   = "warning",
  check      = function(container, report)
    if not container.image:find ":" then
      report(container, "image", container.image .. " has no tag", { fix = container.image .. ":1.0" })
    end
  end,
}

rule "site/drop" {
  summary    = "capabilities are dropped",
  containers = true,
  check      = function(container, report)
    if container.name == "main" and not container.securityContext then
      report(container, "securityContext", "it has all capabilities", { fix = { capabilities = { drop = { "ALL" } } } })
    end
  end,
}

rule "site/names" {
  summary = "names are short",
  kinds   = { "Pod" },
  check   = function(pod, report)
    if #pod.metadata.name > 3 then report(pod.metadata, "name", "its name is long") end
  end,
}
