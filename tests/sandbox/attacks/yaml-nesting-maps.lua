-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  return yaml.decode(("{a: "):rep(100000))
end }
