-- want: 2 error[script] | error[bad-object]
template "x" { summary = "s", render = function(ctx)
  local found = re.find(("("):rep(100000), "(\\((?1)*\\))*x")
  return found
end }
