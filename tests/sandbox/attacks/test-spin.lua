-- want: 2 cpu-limit
-- run: test
test "never told" { policies = {}, input = "a", expect = {} }
while true do end
