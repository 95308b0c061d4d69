-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local function f() while true do pcall(f) end end
  f()
end }
