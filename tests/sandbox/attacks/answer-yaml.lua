-- want: 0 kind: Job
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return "x\"}\n- {evil: true}\n---\n"
end }
