-- want: 2 more than 10000 waivers | cpu-limit
for _ = 1, 1000000 do waive { rule = "a", match = "b", reason = "c" } end
