-- want: 2 pattern too complex
template "x" { summary = "s", render = function(ctx)
  return ("x"):rep(1000):find(("x?"):rep(1000) .. "y")
end }
