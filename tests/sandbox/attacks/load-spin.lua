-- want: 2 cpu-limit | time-limit & load-spin.lua:2
while true do end
