-- want: 2 error[script]
template "x" { summary = "s", render = function(ctx)
  return json.decode(("["):rep(200000) .. ("]"):rep(200000))
end }
