-- want: 2 a quoted field has no end & csv-open-quote.lua
template "x" { summary = "s", render = function(ctx)
  local rows = csv.decode("a\n\"" .. ("b"):rep(1000000))
  return rows
end }
