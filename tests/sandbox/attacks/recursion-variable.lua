-- want: 2 stack overflow | C stack overflow | asks for itself | cpu-limit
provider "p" { summary = "s", variables = { "SELF" }, resolve = function(name, ctx) return ctx:variable(name) end }
template "x" { summary = "s", render = function(ctx)
  return ctx:variable "SELF"
end }
