-- want: 2 0 of 11
local s = secret("xyzzy" .. "-plugh-42")
local told = 0
for _, how in ipairs { "%q", "%d", "%x", "%c", "%.1s", "%5s", "%-5s", "%i", "%a", "%g", "%p" } do
  local ok, v = pcall(string.format, how, s)
  if ok and type(v) == "string" then told = told + 1 end
end
error(("%d of 11"):format(told))
