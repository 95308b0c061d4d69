-- A site's scripts: where OWNER and COST_CENTRE come from, what a Job may look like, and labels for every Job.

provider "inventory" {
  summary   = "owner and cost centre, from the site's inventory",
  variables = { "OWNER", "COST_*" },
  needs     = { read = { "inventory.yaml" } },
  resolve   = function(name, ctx)
    local row = yaml.read("inventory.yaml").databases[ctx.target.ref.name]
    return row and row[name:lower():gsub("_", "-")]
  end,
}

rule "image-pinned" {
  summary  = "every image is pinned by digest",
  kinds    = { "Job", "CronJob" },
  severity = "error",
  check    = function(job, report)
    for container in k8s.containers(job) do
      if not container.image:find("@sha256:", 1, true) then
        report(container, "image", container.image .. " is not pinned by a digest")
      end
    end
  end,
}

rule "memory-limited" {
  summary  = "every container has a memory limit",
  kinds    = { "Job", "CronJob" },
  severity = "warning",
  check    = function(job, report)
    for container in k8s.containers(job) do
      local limits = container.resources and container.resources.limits
      if not (limits and limits.memory) then
        report(container, "resources", container.name .. " has no memory limit",
          { hint = "set resources.limits.memory in runtimeSettings" })
      end
    end
  end,
}

template "labelled" {
  summary = "the usual Job, with owner and cost centre as labels",
  render  = function(ctx)
    local steps = ctx:containers()
    local last  = table.remove(steps)
    local metadata = ctx:metadata()
    metadata.labels["example.com/owner"]       = ctx:variable "OWNER"
    metadata.labels["example.com/cost-centre"] = ctx:variable "COST_CENTRE"
    return k8s.job {
      metadata = metadata,
      spec = { backoffLimit = 0, template = { metadata = ctx:pod_metadata(), spec = ctx:pod {
        initContainers = steps, containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" } } },
    }
  end,
}
