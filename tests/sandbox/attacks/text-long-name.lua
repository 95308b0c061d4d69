-- want: 2 nothing is called
-- instead: "return " .. ("x"):rep(3000000)

