-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  return ctx:pod()
end }
