-- want: 2 there are more than 10000 tests
-- run: test
for i = 1, 20000 do test("t" .. i) { policies = {}, input = "a: 1", expect = {} } end
