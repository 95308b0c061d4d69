-- want: 2 a name has at most 200 bytes
template(("x"):rep(100000)) { summary = "s", render = function() end }
