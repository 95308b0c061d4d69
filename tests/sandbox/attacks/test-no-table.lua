-- want: 2 test "x" needs a table
-- run: test
test "x" (k8s.remove)
