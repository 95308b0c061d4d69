-- want: 1 missing-finding & \x1b[2J & \u202e
-- run: test
test "x]]></failure>" { policies = {}, input = "apiVersion: v1\nkind: Pod", expect = { "a @ b\27[2J\u{202e}: %s%d" } }
