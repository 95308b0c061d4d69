-- want: 2 it returned no object
template "x" { summary = "s", render = function(ctx)
  return nil
end }
