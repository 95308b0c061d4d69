-- want: 2 cpu-limit | time-limit
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  -- each answer alone would be in time
  local n = 0
  for i = 1, 4000000 do n = n + i % 7 end
  return tostring(n)
end }
