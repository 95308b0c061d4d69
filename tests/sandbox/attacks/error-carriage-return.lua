-- want: 2 \x0d
template "x" { summary = "s", render = function(ctx)
  error "looks fine\rmoonstep: all is well"
end }
