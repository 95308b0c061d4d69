-- want: 2 cpu-limit | time-limit
for _ = 1, math.maxinteger do end
