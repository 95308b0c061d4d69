-- want: 2 cpu-limit | time-limit | memory-limit
template "x" { summary = "s", render = function(ctx)
  local function f() return 1 + f() end
  while true do pcall(f) end
end }
