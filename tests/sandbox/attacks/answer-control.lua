-- want: 0 kind: Job
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return "a\27[31m\n\0\u{9b}"
end }
