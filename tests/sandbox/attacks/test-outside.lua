-- want: 2 must be the path of a file in the test's folder or below it
-- run: test
test "x" { policies = {}, render = true, input = "{}", snapshot = "nested/../../../x.yaml" }
