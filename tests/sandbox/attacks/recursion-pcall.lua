-- want: 2 script | cpu-limit | memory-limit
template "x" { summary = "s", render = function(ctx)
  local function f() return assert(pcall(f)) end
  assert(f() == 1, "it came back")
end }
