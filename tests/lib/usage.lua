-- What processes take whose command line has a pattern (that of pgrep -f).
--
--   local usage = dofile "tests/lib/usage.lua"
--   usage(pattern) -> KiB of memory of all of them together (PSS), ticks of the processor that they have taken (hundredths of a second)
local shell = dofile "tests/lib/shell.lua"

return function(pattern)
  local kib, ticks = 0, 0
  for pid in shell.run(("pgrep -f '%s'"):format(pattern)):gmatch "%d+" do
    local rollup = shell.run(("cat /proc/%s/smaps_rollup 2>/dev/null"):format(pid))
    local stat = shell.run(("cat /proc/%s/stat 2>/dev/null"):format(pid)):match "%) (.*)" or ""
    local at = 0
    for number in stat:gmatch "%S+" do
      at = at + 1
      if at >= 12 and at <= 15 then ticks = ticks + tonumber(number) end
    end
    kib = kib + tonumber(rollup:match "\nPss:%s+(%d+)" or 0)
  end
  return kib, ticks
end
