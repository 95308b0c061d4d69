-- `moonstep run --local`, word for word: each folder of cases/ is a command line, what podman is asked for, and what is printed.
--   cmd          the command line, run in the folder; `moonstep` is the tool
--   behave       what a step does, in shell; N is its number. A missing file: nothing
--   user         what the images say they run as; images: which ones there are, where that is asked
--   want.podman  what podman was asked for, and what steps would find; see bin/podman
--   want.out, want.err, want.status   as in tests/messages
-- `UPDATE=1 make test-run` writes down what is printed now.
local cases = dofile "tests/lib/cases.lua"
local left = dofile "tests/run/left.lua"
local shell = dofile "tests/lib/shell.lua"

local folder = "tests/run/cases"
local quote = shell.quote
local function absolute(path) return io.popen("realpath " .. quote(path)):read "l" end
local tool, bin = absolute(shell.moonstep), absolute "tests/run/bin"
local scratch = io.popen("mktemp -d"):read "l"

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
    quote(bin), scratch, record, quote(tool), cases.content(path .. "/cmd"))
  local out, err, status = shell.run(line)
  local got = { ["want.out"] = out, ["want.err"] = steady(err), ["want.status"] = status ~= 0 and status .. "\n" or "",
    ["want.podman"] = steady(shell.read(record)) }
  local why = cases.compare(path, { "want.status", "want.err", "want.out", "want.podman" }, got)
  if why then return why end
  if left_over() ~= "" then return "it leaves " .. left_over() end
end

local passed = cases.run("run", folder, run_case)
os.execute("rm -rf " .. quote(scratch))
return passed
