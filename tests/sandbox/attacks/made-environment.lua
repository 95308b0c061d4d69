-- want: 2 nothing is called kind here
template "x" { summary = "s", render = function(ctx)
  return _G
end }
