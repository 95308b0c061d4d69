-- want: 2 script-syntax
-- instead: ("return function() "):rep(10000)

