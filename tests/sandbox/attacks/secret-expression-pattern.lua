-- want: 2 re needs a text and a pattern, both strings
local s = secret("xyzzy" .. "-plugh-42")
error(re.match("xyzzy", s))
