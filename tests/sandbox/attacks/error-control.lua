-- want: 2 \x1b[31mred\x07\x0a\u009b\u202e\xff & error-control.lua:3
template "x" { summary = "s", render = function(ctx)
  error "\27[31mred\7\n\u{9b}\u{202e}\xff"
end }
