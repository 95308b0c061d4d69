-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  while true do pcall(string.rep, "x", 1 << 30) end
end }
