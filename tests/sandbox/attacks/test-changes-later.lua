-- want: 1 0 passed, 1 failed
-- run: test
local expected = { "a @ b" }
test "x" { policies = {}, input = "apiVersion: v1\nkind: Pod", expect = expected }
expected[1] = nil
