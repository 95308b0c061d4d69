-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  pcall(string.rep, "x", 1 << 30)
  return { apiVersion = "v1", kind = "X", metadata = { name = "caught" } }
end }
