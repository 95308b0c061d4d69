-- want: 2 [secret] [secret] [nil]
local s = secret("xyzzy" .. "-plugh-42")
error(("[%s] [%s] [%s]"):format(tostring(s), type(s), tostring(tonumber(secret(42)))))
