-- want: 2 script-syntax
-- instead: "local x = 1 \0 return x"

