-- want: 2 more than 10000 templates
for i = 1, 1000000 do template("t" .. (i % 3)) { summary = "s", render = function() end } end
