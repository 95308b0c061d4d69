-- What processes of moonstep take that have such an argument.
--
--   local usage = dofile "tests/lib/usage.lua"
--   usage(argument) -> KiB of memory of all of them together (PSS), ticks of the processor that they have taken (hundredths of a second)
local shell = dofile "tests/lib/shell.lua"

-- A file of a process, which may be gone meanwhile.
local function read(pid, name)
  local file = io.open(("/proc/%s/%s"):format(pid, name), "rb")
  local text = file and file:read "a" or ""
  if file then file:close() end
  return text
end

return function(argument)
  local kib, ticks = 0, 0
  for pid in shell.run(("grep -l -a -F -e %s /proc/[0-9]*/cmdline"):format(shell.quote(argument))):gmatch "/proc/(%d+)/" do
    if read(pid, "cmdline"):find "^[^%z]*moonstep%z" then
      local at = 0
      for number in (read(pid, "stat"):match "%) (.*)" or ""):gmatch "%S+" do
        at = at + 1
        if at >= 12 and at <= 15 then ticks = ticks + tonumber(number) end
      end
      kib = kib + tonumber(read(pid, "smaps_rollup"):match "\nPss:%s+(%d+)" or 0)
    end
  end
  return kib, ticks
end
