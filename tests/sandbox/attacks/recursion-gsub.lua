-- want: 2 stack overflow
template "x" { summary = "s", render = function(ctx)
  local function f() return (("x"):gsub(".", f)) end
  f()
end }
