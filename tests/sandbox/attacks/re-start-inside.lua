-- want: 0 kind: X
template "x" { summary = "s", render = function(ctx)
  for i = -3, 9 do pcall(re.find, "\u{e9}\xff\u{1f600}", ".", i) end
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
