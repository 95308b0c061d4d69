-- want: 2 invalid value (at index 2)
local s = secret("xyzzy" .. "-plugh-42")
table.concat({ s }, "", 1, math.maxinteger)
