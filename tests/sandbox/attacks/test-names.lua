-- want: 2 holds no control characters
-- run: test
test "a\27]0;title\7" { policies = {}, input = "a: 1", expect = {} }
