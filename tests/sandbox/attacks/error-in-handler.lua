-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  local function f() error(setmetatable) end
  for _ = 1, 10 do pcall(pcall, f) end
  f()
end }
