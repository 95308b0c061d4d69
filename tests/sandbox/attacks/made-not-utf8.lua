-- want: 0 �
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, a = "\xff\xfe", ["\xc3("] = 1 }
end }
