-- want: 2 19 calls, 0 that tell anything
-- Everything that takes a string, as the first argument and as the second.
local s = secret("xyzzy" .. "-plugh-42")
local calls, told = 0, 0
local function try(f, ...)
  calls = calls + 1
  local ok, v = pcall(f, ...)
  if ok and v ~= nil and type(v) ~= "secret" then told = told + 1 end
end
for _, name in ipairs { "byte", "find", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper" } do
  try(string[name], s, ".", 1)
  if ("find gmatch gsub match rep"):find(name, 1, true) then try(string[name], "text", s) end
end
try(utf8.len, s)
try(utf8.codepoint, s)
error(("%d calls, %d that tell anything"):format(calls, told))
