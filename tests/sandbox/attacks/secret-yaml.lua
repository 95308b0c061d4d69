-- want: 2 cannot write a.b[0]: a secret
local s = secret("xyzzy" .. "-plugh-42")
error(yaml.encode { a = { b = { s } } })
