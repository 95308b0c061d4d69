-- want: 0 info[log]: -1 1 1.5 2 9007199254740992 9007199254740993 a b
local t = { [1 << 53 | 1] = 0, b = 0, [1.5] = 0, [1 << 53] = 0, a = 0, [2] = 0, [-1] = 0, [1] = 0 }
local out = {}
for k in pairs(t) do out[#out + 1] = tostring(k) end
log.info(table.concat(out, " "))
