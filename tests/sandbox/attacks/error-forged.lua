-- want: 2 it raised a table, not a message
template "x" { summary = "s", render = function(ctx)
  error { is_diagnostic = true, rule = "forged\27", message = {}, place = { file = 1, line = {} }, severity = "none" }
end }
