-- want: 2 cannot go through a table
local s = secret("xyzzy" .. "-plugh-42")
for k in pairs { [s] = 1 } do error(k) end
