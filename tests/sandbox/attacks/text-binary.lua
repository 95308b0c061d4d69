-- want: 2 script-syntax
-- instead: ("\1\2\3\0\xff"):rep(1000)

