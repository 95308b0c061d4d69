provider "site" {
  summary = "images by team",
  variables = { "TEAM_*" },
  resolve = function(name, ctx) return name:lower() .. "-of-" .. ctx.task.metadata.name end,
}

template "cron" {
  summary = "a CronJob instead of a Job",
  render = function(ctx)
    local steps = ctx:containers()
    local last = table.remove(steps)
    last.env = { { name = "TEAM", value = ctx:variable "TEAM_NAME" } }
    return {
      apiVersion = "batch/v1", kind = "CronJob", metadata = ctx:metadata(),
      spec = { schedule = ctx:variable "SCHEDULE", jobTemplate = { spec = { template = { metadata = ctx:pod_metadata(),
        spec = ctx:pod { initContainers = k8s.list(steps), containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" } } } } },
    }
  end,
}
