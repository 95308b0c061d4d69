-- want: 2 memory-limit & in loading
local t = {}
while true do t[#t + 1] = {} end
