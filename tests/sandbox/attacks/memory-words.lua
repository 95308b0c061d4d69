-- want: 2 error[script]: not enough memory
template "x" { summary = "s", render = function(ctx)
  error("not enough memory", 0)
end }
