-- want: 2 decode needs a string
local s = secret("xyzzy" .. "-plugh-42")
error(yaml.decode(s))
