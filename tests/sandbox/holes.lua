-- With a hole in the first wall, the second one holds: our own Lua files are copied, one of them is given a hole, and a script goes through it.
-- Usage: moonstep-lua tests/sandbox/holes.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local folder = assert(..., "holes.lua FOLDER") .. "/holes"
os.execute(("rm -rf %s; mkdir -p %s/out && cp -r lua policies %s"):format(folder, folder, folder))

local offered = shell.run(shell.moonstep .. " version --verbose")
local seccomp, landlock = offered:find "seccomp: yes" ~= nil, (tonumber(offered:match "ABI (%d+)") or 0) >= 3

local function replace(path, from, to)
  local text = shell.read(path)
  local first, last = text:find(from, 1, true)
  assert(first, "nothing to make a hole in: " .. path)
  shell.write(path, text:sub(1, first - 1) .. to .. text:sub(last + 1))
end

-- Everything is granted, and what is read may lie anywhere; `files.write` and `files.mkdir` do what nothing should.
replace(folder .. "/lua/scripts/grants.lua", "return root, full ==", "if true then return '/', full:sub(2) end return root, full ==")
replace(folder .. "/lua/scripts/grants.lua", "local granted = self:covering(full)", "local granted = '/'")
replace(folder .. "/lua/scripts/modules.lua", "function modules.files(registry, script)\n  return {", [[
function modules.files(registry, script)
  local host_files = require "engine.files"
  local function told(ok, problem) return ok and "done" or problem.message end
  return {
    write = function(...) return told(host_files.replace(...)) end,
    mkdir = function(...) return told(host_files.new_folder(...)) end,]])

-- What the script gets for its pains.
local function try(expression, options)
  shell.write(folder .. "/script.lua", ("error(tostring(%s), 0)\n"):format(expression))
  local _, err = shell.run(("MOONSTEP_LUA=%s/lua %s render -f examples/postgres --script %s/script.lua %s"):format(folder, shell.moonstep, folder,
    options or ""))
  return err:match "error%[script%]: ([^\n]*)" or err
end

local function denied(expression, options) suite.equal(try(expression, options):match "Permission denied$", "Permission denied", expression) end

local tests = {}

local function add(name, f) table.insert(tests, { name, f }) end

add("what was given, and what lies beside a script, is read", function()
  suite.equal(try "#files.read 'script.lua' > 0", "true")
  suite.equal(try(("#files.read(%q) > 0"):format(io.popen("realpath examples/postgres/task.yaml"):read "l")), "true")
end)
if landlock then
  add("other files are not read", function()
    denied "files.read '/etc/passwd'"
    denied "files.read '/proc/self/environ'"
    denied(("files.read(%q)"):format(io.popen("realpath Makefile"):read "l"))
    denied "files.list '/etc'"
  end)
  add("a grant opens what it names", function()
    suite.equal(try("#files.read '/etc/passwd' > 0", "--grant read=/etc/passwd"), "true")
    denied("files.read '/etc/group'", "--grant read=/etc/passwd")
  end)
  add("nothing is written but reports", function()
    denied(("files.write(%q, 'x')"):format(folder .. "/script.lua"))
    denied "files.write('/tmp/moonstep-hole', 'x')"
    denied(("files.mkdir(%q)"):format(folder .. "/out/deep"))
    suite.equal(try(("files.write(%q, 'x')"):format(folder .. "/out/report"), ("--report json=%s/out/report"):format(folder)), "done")
    denied(("files.write(%q, 'x')"):format(folder .. "/script.lua"), ("--report json=%s/out/report"):format(folder))
  end)
end
if seccomp then
  add("the process is behind seccomp, and has no way to new rights", function()
    local script = folder .. "/spin.lua"
    shell.write(script, "while true do end\n")
    local children = [=[for p in /proc/[0-9]*; do grep -qs "^PPid:[[:space:]]*$!\$" $p/status && cat $p/status; done]=]
    local out = shell.run(("%s render -f examples/postgres --script %s 2>/dev/null & sleep 0.4; %s; wait"):format(shell.moonstep, script,
      children))
    suite.equal(out:match "\nSeccomp:%s*(%d)", "2")
    suite.equal(out:match "\nNoNewPrivs:%s*(%d)", "1")
  end)
end

return suite.run("sandbox: holes", tests)
