-- Folders of cases: what a command line prints beside what it should, a folder a case.
--
--   cmd       the command line        want.*    what is wanted of it; a file that is not there is empty
--
-- With UPDATE in the environment, what is printed now is written down.
local shell = dofile "tests/lib/shell.lua"

local cases = {}

local update = os.getenv "UPDATE"

-- The text of a file, empty where there is none.
function cases.content(path) return shell.exists(path) and shell.read(path) or "" end

local function put(path, text)
  if text == "" then os.remove(path) else shell.write(path, text) end
end

-- compare(folder of a case, names in their order, texts by name) -> why they are not what is wanted, or nil
function cases.compare(path, names, got)
  for _, name in ipairs(names) do
    if update then put(path .. "/" .. name, got[name])
    elseif got[name] ~= cases.content(path .. "/" .. name) then return ("%s differs; got:\n%s"):format(name, got[name]) end
  end
end

-- run(what, folder, f) -> whether all passed: f(folder of a case) gives why it did not, or nil
function cases.run(what, folder, f)
  local passed, failed = 0, 0
  for _, name in ipairs(shell.entries(folder)) do
    local why = f(folder .. "/" .. name)
    if why then
      failed = failed + 1
      print(("not ok %s: %s"):format(name, why))
    else passed = passed + 1 end
  end
  print(("%s: %d passed, %d failed"):format(what, passed, failed))
  return failed == 0 and passed > 0
end

return cases
