-- want: 2 test-error.lua:3: & \x1b[31m
-- run: test
error "\27[31mred"
