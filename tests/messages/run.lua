-- Messages, word for word: each folder of cases/ is a command line and what it prints.
--   cmd          the command line, run in the folder; `moonstep` is the tool
--   want.out     standard output (a missing file: nothing)
--   want.err     standard error (a missing file: nothing)
--   want.status  the exit status (a missing file: 0)
-- `UPDATE=1 make test-messages` writes down what is printed now: read the difference before you commit it.
local shell = dofile "tests/lib/shell.lua"

local folder = "tests/messages/cases"
local update = os.getenv "UPDATE"
local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"

local function content(path) return shell.exists(path) and shell.read(path) or "" end

local function put(path, text)
  if text == "" then os.remove(path) else shell.write(path, text) end
end

local function run_case(path)
  local line = ("cd %s && moonstep() { %s \"$@\"; } && %s"):format(shell.quote(path), shell.quote(tool), content(path .. "/cmd"))
  local out, err, status = shell.run(line)
  local got = { ["want.out"] = out, ["want.err"] = err, ["want.status"] = status ~= 0 and status .. "\n" or "" }
  for _, name in ipairs { "want.status", "want.err", "want.out" } do
    if update then put(path .. "/" .. name, got[name])
    elseif got[name] ~= content(path .. "/" .. name) then
      return ("%s differs; got:\n%s"):format(name, got[name])
    end
  end
end

local passed, failed = 0, 0
for _, name in ipairs(shell.entries(folder)) do
  local why = run_case(folder .. "/" .. name)
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(name, why))
  else passed = passed + 1 end
end
print(("messages: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
