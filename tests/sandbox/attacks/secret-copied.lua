-- want: 2 secret secret
local s = secret("xyzzy" .. "-plugh-42")
local copy = k8s.copy { a = s }
error(type(copy.a) .. " " .. type(k8s.pick({ a = s }, "a").a))
