-- want: 2 script-syntax | time-limit | cpu-limit
-- instead: ("goto a; "):rep(30000)

