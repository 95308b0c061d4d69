-- The Job, and a Secret with the password for it, which may stand nowhere else.
template "credentials" {
  summary = "a Job, and a Secret with its database's password",
  render = function(ctx)
    local metadata = ctx:metadata()
    local password = { name = metadata.name .. "-auth", namespace = metadata.namespace, labels = metadata.labels }
    local containers = ctx:containers()
    for _, container in ipairs(containers) do
      container.env = container.env or {}
      table.insert(container.env, { name = "PGPASSWORD", valueFrom = { secretKeyRef = { name = password.name, key = "password" } } })
    end
    local last = table.remove(containers)
    return {
      { apiVersion = "v1", kind = "Secret", metadata = password, stringData = { password = ctx:variable "DB_PASSWORD" } },
      k8s.job { metadata = metadata, spec = { backoffLimit = 0, template = { metadata = ctx:pod_metadata(), spec = ctx:pod {
        initContainers = containers, containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" } } } },
    }
  end,
}
