-- want: 2 more than 10000 entries
local names = {}
for i = 1, 100000 do names[i] = "V" .. i end
provider "p" { summary = "s", variables = names, resolve = function() end }
