-- want: 2 a secret cannot be compared
local s = secret("xyzzy" .. "-plugh-42")
local row = { secret "a", s, secret "z" }
table.sort(row)
error "sorted"
