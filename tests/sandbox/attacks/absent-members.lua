-- want: 0 info[log]: none
local found = {}
for _, name in ipairs { "dump", "pack", "unpack", "packsize", "random", "randomseed", "setn", "foreach", "traceback", "clock", "date", "time" } do
  for _, holder in ipairs { string, table, math, utf8 } do
    if holder[name] ~= nil and not (holder == table and (name == "pack" or name == "unpack")) then found[#found + 1] = name end
  end
  if ("x")[name] ~= nil and name ~= "pack" and name ~= "unpack" and name ~= "packsize" then found[#found + 1] = "method " .. name end
end
log.info(found[1] and table.concat(found, " ") or "none")
