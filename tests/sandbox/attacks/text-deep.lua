-- want: 2 script-syntax
-- instead: "return " .. ("("):rep(100000)

