-- want: 2 holds 1000 documents
template "x" { summary = "s", render = function(ctx)
  return yaml.decode(("---\na\n"):rep(1000))
end }
