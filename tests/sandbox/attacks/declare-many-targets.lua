-- want: 2 more than 10000 lists of targets
for i = 1, 1000000 do targets("t" .. (i % 3)) { summary = "s", each = function() end } end
