-- want: 0 info[log]: none of 30
local absent, found = { "io", "os", "debug", "package", "coroutine", "require", "load", "loadstring", "loadfile", "dofile", "print", "warn",
  "collectgarbage", "getmetatable", "setmetatable", "rawget", "rawset", "rawequal", "rawlen", "next", "xpcall", "module", "unpack", "getfenv",
  "setfenv", "newproxy", "engine", "host", "arg", "_VERSION" }, {}
for _, name in ipairs(absent) do
  if pcall(function() return _G[name] end) then found[#found + 1] = name end
end
log.info(#found == 0 and "none of " .. #absent or table.concat(found, " "))
