-- want: 2 this table cannot become a list
template "x" { summary = "s", render = function(ctx)
  k8s.list(ctx)
end }
