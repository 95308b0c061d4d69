-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  return yaml.decode(("["):rep(200000))
end }
