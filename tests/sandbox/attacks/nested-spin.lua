-- want: 2 cpu-limit | time-limit & nested-spin.lua:2
provider "p" { summary = "s", variables = { "OUTER" }, resolve = function() while true do end end }
template "x" { summary = "s", render = function(ctx)
  return ctx:variable "OUTER"
end }
