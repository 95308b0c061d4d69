-- A template that builds every table anew, and rules that point into what it made.
template "rebuilt" { summary = "new tables", render = function(ctx)
  local containers = {}
  for i, c in ipairs(ctx:containers()) do
    containers[i] = { name = c.name, image = c.image, args = k8s.list { "--", c.args[2] }, tty = true }
  end
  return { apiVersion = "v1", kind = "Pod", metadata = { name = ctx.session.metadata.name, namespace = ctx.namespace },
    spec = { containers = containers, restartPolicy = "Never" } }
end }

local function at(name, key)
  rule(name) { summary = "s", severity = "warning", containers = true, check = function(c, report) report(c, key, name) end }
end

at("image", "image")
at("argument", "args[1]")
at("of-the-script", "tty")
at("absent", "resources")
rule "policy" { summary = "s", severity = "warning", pods = true, check = function(pod, report) report(pod, "spec.restartPolicy", "policy") end }
