-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  for _ in ("a"):rep(600):gmatch ".-.-.-b" do end
end }
