-- want: 0 kind: Job
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return "\xff\xc0\x80"
end }
