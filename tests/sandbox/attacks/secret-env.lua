-- want: 2 env.get needs a string
local s = secret("xyzzy" .. "-plugh-42")
env.get(s)
