-- want: 2 more than 10000 rules
for i = 1, 1000000 do rule("r" .. i) { summary = "s", kinds = {}, check = function() end } end
