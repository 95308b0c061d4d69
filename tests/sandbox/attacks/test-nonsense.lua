-- want: 2 test needs a name
-- run: test
test { "x" }
return 5
