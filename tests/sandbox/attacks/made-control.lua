-- want: 0 \e[31m | \x1B[31m | \u001b[31m
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, a = "\27[31m\7\0\127\u{85}\u{2028}", ["\27key"] = 1 }
end }
