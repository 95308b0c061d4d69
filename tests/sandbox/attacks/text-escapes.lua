-- want: 2 script-syntax
-- instead: "\27[2J\27]0;x\7 = 1"

