-- Runs the cases of cases.lua, each as a template of a script on examples/postgres, beside each other.
local shell = dofile "tests/lib/shell.lua"

local FOLDER = assert(..., "run.lua FOLDER")
local told = dofile "tests/http/cases.lua"

local server, ports = dofile "tests/http/start.lua"(FOLDER, FOLDER)

ports.names = io.popen(("realpath %s/names.so"):format(FOLDER)):read "l"

local function filled(text) return (text:gsub("@(%a+)@", ports)) end

shell.write(FOLDER .. "/usual.yaml", "limits: {cpu: 5s, wall: 8s}\n")
shell.write(FOLDER .. "/wall.yaml", "limits: {wall: 500ms}\n")
shell.write(FOLDER .. "/memory.yaml", "limits: {memory: 4Mi, wall: 8s}\n")
shell.write(FOLDER .. "/granted.yaml", filled 'grants: {http: ["http://localhost:@plain@@127.0.0.0/8"]}\n')
os.execute(("head -c 100000000 /dev/zero | gzip -1 >%s/bomb.gz; head -c 1000000 /dev/zero | gzip >%s/small.gz"):format(FOLDER, FOLDER))

-- The command line of a case.
local function line_of(case, number)
  local script = ("%s/%d.lua"):format(FOLDER, number)
  shell.write(script, ('template "x" { summary = "s", render = function(ctx) %s %s\n%s end }\n'):format(filled(told.base), filled(case[2]),
    'return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } }'))
  local options = (case.options or "--config usual.yaml"):gsub("%-%-config ", "--config " .. FOLDER .. "/")
  local grants = { ("--grant read=%s"):format(FOLDER) }
  for _, grant in ipairs(case.grants or told.usual) do grants[#grants + 1] = "--grant " .. shell.quote(filled(grant)) end
  local unset = "-u http_proxy -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY -u no_proxy -u NO_PROXY"
  return ("env %s %s timeout -s KILL 15 %s render -f examples/postgres --script %s --template x %s %s"):format(unset,
    filled(case.environment or ""), shell.moonstep, script, table.concat(grants, " "), options)
end

local lines = {}
for i, case in ipairs(told.cases) do lines[i] = line_of(case, i) end
local ended_cases = shell.beside(lines, FOLDER)

-- --- a run that is recorded and repeated without the server

local RECORDED = [[
local r = http.get(plain .. "/json?token=hush-1&a=1", { auth = { bearer = "hush-2" }, headers = { ["X-Vault-Token"] = secret "hush-3" } })
log.info(r.json().a.b[3] .. #http.get(plain .. "/file/small.gz").body)
log.info(http.post(plain .. "/count/recorded", { json = { password = "hush-4" } }).body)
log.info(http.get(plain .. "/to/302//count/recorded").body)
log.info(http.get(plain .. "/echo", { headers = { a = secret "hush-5" } }).body)
log.info(http.get(plain .. "/count/again?h=Cache-Control:no-store").body)]]

local function recorded(number, options, script)
  return shell.run(line_of({ "recorded", script or RECORDED, options = "--config usual.yaml " .. options }, number))
end

local problems = {}
local function expect(holds, words, ...) if not holds then problems[#problems + 1] = words:format(...) end end

os.execute(("rm -rf %s/recorded"):format(FOLDER))
local out, err, ended = recorded(1001, ("--record %s/recorded"):format(FOLDER))
server:close()
expect(ended == 0 and err:find("three", 1, true), "recording: %s", err)
local names = shell.entries(FOLDER .. "/recorded")
expect(#names == 7, "%d exchanges were recorded, not 7", #names)
for _, name in ipairs(names) do
  local text = shell.read(("%s/recorded/%s"):format(FOLDER, name))
  expect(not (name .. text):find("hush", 1, true), "%s holds a secret: %s", name, text)
end
local out_again, err_again, status_again = recorded(1001, ("--replay %s/recorded"):format(FOLDER))
expect(status_again == 0 and out_again == out and err_again == err, "replayed: %s\nrecorded: %s", err_again, err)
local _, missing, status_missing = recorded(1002, ("--replay %s/recorded"):format(FOLDER), 'http.get(plain .. "/other?token=hush")')
local no_exchange = filled "GET http://localhost:@plain@/other?token=***: there is no recorded exchange"
expect(status_missing == 2 and missing:find(no_exchange, 1, true), "missing: %s", missing)
shell.write(FOLDER .. "/1003_test.lua", [[
test "recorded" { render = true, file = "task.yaml", replay = "recorded", scripts = { "1001.lua" }, template = "x", task = "needs",
  expect = {} }
test "not recorded" { render = true, file = "task.yaml", replay = "recorded", scripts = { "1002.lua" }, template = "x", task = "needs",
  error = "there is no recorded exchange for it" }
]])
os.execute(("cp tests/messages/cases/grants/needs.yaml %s/task.yaml"):format(FOLDER))
local told_test = shell.run(("%s test %s/1003_test.lua --config %s/granted.yaml"):format(shell.moonstep, FOLDER, FOLDER))
expect(told_test:find("2 passed", 1, true), "tests: %s", told_test)
local _, both = recorded(1001, "--replay a --record b")
expect(both:find("exclude each other", 1, true), "both: %s", both)
for _, words in ipairs(problems) do print("not ok recordings: " .. words) end

-- --- the verdicts

-- What is wrong with what the case printed, or nil.
local function judge(case, printed, status)
  if status ~= (case.status or 0) then return ("exit status %d, want %d:\n%s"):format(status, case.status or 0, printed) end
  for _, want in ipairs(type(case.want) == "table" and case.want or { case.want }) do
    if not printed:find(filled(want), 1, true) then return ("no %q in\n%s"):format(filled(want), printed) end
  end
  if case.not_want and printed:find(case.not_want, 1, true) then return ("%q in\n%s"):format(case.not_want, printed) end
end

local failed = #problems
for i, case in ipairs(told.cases) do
  local why = judge(case, table.unpack(ended_cases[i]))
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(case[1], why))
  end
end
print(("http: %d passed, %d failed"):format(#told.cases - failed, failed))
return failed == 0 and #told.cases > 0
