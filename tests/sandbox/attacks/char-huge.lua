-- want: 2 value out of range
template "x" { summary = "s", render = function(ctx)
  return utf8.char(1 << 40)
end }
