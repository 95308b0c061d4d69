-- want: 2 match limit exceeded
template "x" { summary = "s", render = function(ctx)
  local found = re.find(("a"):rep(60) .. "b", "^(a+)+$")
  return found
end }
