-- A Job of two steps, the second of which is the option's, with the volumes that it needs.
local second = option "second" { summary = "the second step, as YAML", default = "{}" }

template "two" { summary = "two steps", render = function(ctx)
  local given = yaml.decode(second)
  local last = { name = "b", image = "tools:1", command = { "true" } }
  local volumes
  for field, v in pairs(given) do
    if field == "volumes" then volumes = v else last[field] = v end
  end
  return k8s.job { metadata = ctx:metadata(), spec = { backoffLimit = 0, template = { spec = { restartPolicy = "Never", volumes = volumes,
    initContainers = { { name = "a", image = "tools:1" } }, containers = { last } } } } }
end }
