-- want: 2 cpu-limit | time-limit & resolve-spin.lua:3
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  while true do end
end }
