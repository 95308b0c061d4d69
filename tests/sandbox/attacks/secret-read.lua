-- want: 2 read needs a string
local s = secret("xyzzy" .. "-plugh-42")
yaml.read(s)
