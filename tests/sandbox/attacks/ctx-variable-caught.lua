-- want: 0 unused-value
-- run: render --set UNUSED=1
template "x" { summary = "s", render = function(ctx)
  pcall(ctx.variable, ctx, {})
  pcall(ctx.variable, ctx, nil)
  pcall(ctx.variable, ctx, 0 / 0)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
