-- want: 2 memory-limit
local all = {}
function kept_so_far() return all end
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  -- no answer alone is too much
  kept = kept_so_far()
  kept[#kept + 1] = ("x"):rep(9000000) .. name
  return "v"
end }
