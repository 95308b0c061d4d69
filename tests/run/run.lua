-- `moonstep run --local`, word for word: each folder of cases/ is a command line, what podman is asked for, and what is printed.
--   cmd          the command line, run in the folder; `moonstep` is the tool
--   behave       what a step does, in shell; N is its number. A missing file: nothing
--   user         what the images say they run as
--   want.podman  what podman was asked for, and what steps would find; see bin/podman
--   want.out, want.err, want.status   as in tests/messages
-- `UPDATE=1 make test-run` writes down what is printed now.
local left = dofile "tests/run/left.lua"
local shell = dofile "tests/lib/shell.lua"

local folder = "tests/run/cases"
local update = os.getenv "UPDATE"
local quote = shell.quote
local function absolute(path) return io.popen("realpath " .. quote(path)):read "l" end
local tool, bin = absolute(shell.moonstep), absolute "tests/run/bin"
local scratch = io.popen("mktemp -d"):read "l"

local function content(path) return shell.exists(path) and shell.read(path) or "" end

local function put(path, text)
  if text == "" then os.remove(path) else shell.write(path, text) end
end

-- Without what differs from run to run.
local function steady(text)
  text = text:gsub(scratch:gsub("%p", "%%%0"), "TMP"):gsub("/dev/shm/moonstep%-%d+", "PRIVATE"):gsub("TMP/moonstep%-%d+", "DISK")
  text = text:gsub("%x+%-%x+(/%d+[/:%s])", "RUN%1"):gsub("moonstep%-%x+%-%x+%-", "moonstep-RUN-")
  text = text:gsub("MOONSTEP_SECONDS=%d+", "MOONSTEP_SECONDS=N")
  return (text:gsub("moonstep%.run=%x+%-%x+", "moonstep.run=RUN"):gsub("%f[%d]%d+ s%f[%W]", "N s"))
end

-- What is left of runs.
local function left_over() return left(function(line) return line end, scratch) end

local function run_case(path)
  local record = scratch .. "/record"
  os.execute(("rm -rf %s*; : >%s"):format(record, record))
  local line = ("cd %s && export PATH=%s:$PATH TMPDIR=%s RECORD=%s CASE=$PWD && moonstep() { %s \"$@\"; } && %s"):format(quote(path),
    quote(bin), scratch, record, quote(tool), content(path .. "/cmd"))
  local out, err, status = shell.run(line)
  local got = { ["want.out"] = out, ["want.err"] = steady(err), ["want.status"] = status ~= 0 and status .. "\n" or "",
    ["want.podman"] = steady(shell.read(record)) }
  for _, name in ipairs { "want.status", "want.err", "want.out", "want.podman" } do
    if update then put(path .. "/" .. name, got[name])
    elseif got[name] ~= content(path .. "/" .. name) then return ("%s differs; got:\n%s"):format(name, got[name]) end
  end
  if left_over() ~= "" then return "it leaves " .. left_over() end
end

local passed, failed = 0, 0
for _, name in ipairs(shell.entries(folder)) do
  local why = run_case(folder .. "/" .. name)
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(name, why))
  else passed = passed + 1 end
end
os.execute("rm -rf " .. quote(scratch))
print(("run: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
