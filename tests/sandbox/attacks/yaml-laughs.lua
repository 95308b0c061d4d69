-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  local lines = { "a0: &a0 [x, x, x, x, x, x, x, x, x]" }
  for i = 1, 12 do lines[#lines + 1] = ("a%d: &a%d [%s]"):format(i, i, ("*a" .. i - 1 .. ", "):rep(9)) end
  return yaml.decode(table.concat(lines, "\n"))
end }
