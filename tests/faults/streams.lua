-- Streams that are closed, full or read by nobody, and files that are not there: one clear message and exit status 2 each.
local shell = dofile "tests/lib/shell.lua"

local RENDER = shell.moonstep .. " render -f examples/postgres"
local EXPECTED = shell.run(RENDER)

local passed, failed = 0, 0

local function check(name, ok, ...)
  if ok then passed = passed + 1 return end
  failed = failed + 1
  print("not ok " .. name)
  for _, got in ipairs { ... } do print("  got: " .. tostring(got)) end
end

-- Nothing on standard output, exit status 2, and the one message.
local function complains(name, line, message)
  local out, err, status = shell.run(line)
  check(name, status == 2 and out == "" and err == message .. "\n", status, err, out)
end

local function cannot_write(why) return "moonstep: error[output]: cannot write to standard output: " .. why end
local function cannot_read(what, why) return ("moonstep: error[unreadable]: cannot read %s: %s"):format(what, why) end

local folder = shell.run("mktemp -d"):gsub("\n", "")
local function file(name) return folder .. "/" .. name end
local function has(command) return select(3, shell.run("command -v " .. command)) == 0 end

-- Standard output
complains("closed output", RENDER .. " >&-", cannot_write "Bad file descriptor")
complains("full output", RENDER .. " >/dev/full", cannot_write "No space left on device")
do
  local _, err = shell.run(("{ sleep 0.2; %s; echo $? >%s; } | true"):format(RENDER, file "status"))
  check("a reader that went away", err == "" and shell.read(file "status") == "0\n", err)
  shell.run(("ulimit -f 1; %s >%s 2>%s; echo $? >%s"):format(RENDER, file "out", file "err", file "status"))
  check("a limit on files", shell.read(file "err") == "moonstep: error[output]: cannot write the output: File too large\n"
    and shell.read(file "out") == "" and shell.read(file "status") == "2\n", shell.read(file "err"), shell.read(file "status"))
end

-- Standard error
do
  local out, err, status = shell.run(RENDER .. " 2>&-")
  check("closed error stream", out == EXPECTED and err == "" and status == 0, status, err, out)
  out, err, status = shell.run(shell.moonstep .. " render -f /nowhere 2>&-")
  check("closed error stream, and an error", out == "" and err == "" and status == 2, status, err, out)
  out, err, status = shell.run(shell.moonstep .. " render -f /nowhere 2>/dev/full")
  check("full error stream, and an error", out == "" and err == "" and status == 2, status, err, out)
  out, err, status = shell.run(RENDER .. " <&- 2>&- >&-")
  check("all streams closed", out == "" and err == "" and status == 2, status, err, out)
end

-- Standard input
complains("closed input", shell.moonstep .. " render -f - <&-", cannot_read("standard input", "Bad file descriptor"))
complains("a folder as input", shell.moonstep .. " render -f - </", cannot_read("standard input", "Is a directory"))
do
  local out, err, status = shell.run(RENDER .. " <&-")
  check("closed input that is not asked for", out == EXPECTED and err == "" and status == 0, status, err, out)
end

-- Files
complains("no such file", shell.moonstep .. " render -f /nowhere/x.yaml", cannot_read("/nowhere/x.yaml", "No such file or directory"))
complains("below a file", shell.moonstep .. " render -f Makefile/x", cannot_read("Makefile/x", "Not a directory"))
complains("a folder as a script", RENDER .. " --script examples", cannot_read("examples", "Is a directory"))
shell.run(("ln -s loop.yaml %s && mkdir %s && ln -s gone %s"):format(file "loop.yaml", file "vanished", file "vanished/x.yaml"))
complains("a link to itself", shell.moonstep .. " render -f " .. file "loop.yaml",
  cannot_read(file "loop.yaml", "Too many levels of symbolic links"))
complains("a file that vanishes once it was listed", shell.moonstep .. " render -f " .. file "vanished",
  cannot_read(file "vanished/x.yaml", "No such file or directory"))
complains("too few descriptors", ("ulimit -n 4; %s"):format(RENDER), cannot_read("examples/postgres", "Too many open files"))

-- Root reads everything, so another user has to try.
do
  local as = ""
  if shell.run("id -u") == "0\n" then as = has "setpriv" and "setpriv --reuid=65534 --regid=65534 --clear-groups " end
  if as then
    shell.write(file "secret.yaml", "kind: Task\n")
    shell.run(("chmod 755 %s; cp %s %s; chmod 0 %s; mkdir -m 0 %s")
      :format(folder, shell.moonstep, file "moonstep", file "secret.yaml", file "closed"))
    for _, name in ipairs { "secret.yaml", "closed", "closed/x.yaml" } do
      complains("unreadable " .. name, as .. file "moonstep" .. " render -f " .. file(name), cannot_read(file(name), "Permission denied"))
    end
  end
end

shell.run("chmod 755 " .. file "closed" .. "; rm -rf " .. folder)
print(("streams: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
