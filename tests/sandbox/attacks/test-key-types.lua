-- want: 2 cannot go through a table with boolean keys
-- run: test
test "x" { input = "a", expect = { [true] = "x" } }
