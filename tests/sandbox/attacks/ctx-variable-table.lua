-- want: 2 ctx:variable needs the name of a variable
-- run: render --set UNUSED=1
template "x" { summary = "s", render = function(ctx)
  return ctx:variable {}
end }
