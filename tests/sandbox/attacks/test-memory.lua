-- want: 2 memory-limit
-- run: test
local all = {}
for i = 1, 1e9 do all[i] = ("x"):rep(1e5) .. i end
