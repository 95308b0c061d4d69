-- want: 1 byte 0xff is not valid UTF-8
-- run: test
test "x" { policies = {}, input = "a: \27[31m\xff", expect = {} }
