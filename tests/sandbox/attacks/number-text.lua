-- want: 0 info[log]: 9007199254740992.0 0.1 1e+15 1e+100 -0.0 nan inf -inf 3.0 9.223372036854776e+18 0.30000000000000004 42
local out = {}
for i, n in ipairs { 2 ^ 53, 0.1, 1e15, 1e100, -0.0, 0 / 0, 1 / 0, -1 / 0, 3.0, 2 ^ 63, 0.1 + 0.2, 42 } do out[i] = tostring(n) end
log.info(table.concat(out, " "))
