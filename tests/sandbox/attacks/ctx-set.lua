-- want: 2 ctx is read-only
template "x" { summary = "s", render = function(ctx)
  ctx.containers = function() return {} end
end }
