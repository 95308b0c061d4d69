-- want: 2 stack overflow | memory-limit
template "x" { summary = "s", render = function(ctx)
  local function f() return 1 + f() end
  f()
end }
