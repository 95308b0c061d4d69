-- want: 2 include takes the path
local s = secret("xyzzy" .. "-plugh-42")
include("../" .. s)
