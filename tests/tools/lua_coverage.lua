-- Line coverage of lua/: which lines that hold code were run, by the notes that a coverage build wrote.
--   moonstep-lua tests/tools/lua_coverage.lua FOLDER
local folder = ...
local run = {}
for path in io.popen("ls " .. folder .. "/*"):lines() do
  for line in io.lines(path) do run[line] = true end
end

-- Lines with instructions, as luac lists them.
local function code_lines(path)
  local lines = {}
  for line in io.popen("luac5.4 -l -l -p " .. path):lines() do
    local number, operation = line:match "^\t%d+\t%[(%d+)%]\t(%u+)"
    if number and operation ~= "VARARGPREP" then lines[tonumber(number)] = true end
  end
  return lines
end

local all, hit = 0, 0
for path in io.popen "find lua -name '*.lua' ! -name manifest.lua | LC_ALL=C sort":lines() do
  local own, own_hit, missing = 0, 0, {}
  for line in pairs(code_lines(path)) do
    own = own + 1
    if run[("%s:%d"):format(path, line)] then own_hit = own_hit + 1 else missing[#missing + 1] = line end
  end
  table.sort(missing)
  all, hit = all + own, hit + own_hit
  print(("%-36s %4d lines %6.1f%%  %s"):format(path, own, own == 0 and 100 or 100 * own_hit / own, table.concat(missing, " ")))
end
print(("lua/: %d of %d lines, %.1f%%"):format(hit, all, 100 * hit / all))
