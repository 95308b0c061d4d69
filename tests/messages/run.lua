-- Messages, word for word: each folder of cases/ is a command line and what it prints.
--   cmd          the command line, run in the folder; `moonstep` is the tool
--   want.out     standard output (a missing file: nothing)
--   want.err     standard error (a missing file: nothing)
--   want.status  the exit status (a missing file: 0)
-- `UPDATE=1 make test-messages` writes down what is printed now: read the difference before you commit it.
local cases = dofile "tests/lib/cases.lua"
local shell = dofile "tests/lib/shell.lua"

local folder = "tests/messages/cases"
local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"

local function run_case(path)
  local line = ("cd %s && moonstep() { %s \"$@\"; } && %s"):format(shell.quote(path), shell.quote(tool), cases.content(path .. "/cmd"))
  local out, err, status = shell.run(line)
  local got = { ["want.out"] = out, ["want.err"] = err, ["want.status"] = status ~= 0 and status .. "\n" or "" }
  return cases.compare(path, { "want.status", "want.err", "want.out" }, got)
end

return cases.run("messages", folder, run_case)
