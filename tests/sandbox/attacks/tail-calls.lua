-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local function f() return f() end
  return f()
end }
