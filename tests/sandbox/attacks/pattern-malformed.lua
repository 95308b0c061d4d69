-- want: 2 malformed pattern
template "x" { summary = "s", render = function(ctx)
  return ("x"):find "[a"
end }
