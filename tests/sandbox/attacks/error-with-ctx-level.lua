-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  error("far away", 100)
end }
