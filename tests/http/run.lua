-- Runs the cases of cases.lua, each as a template of a script on examples/postgres, beside each other.
local shell = dofile "tests/lib/shell.lua"

local FOLDER = assert(..., "run.lua FOLDER")
local told = dofile "tests/http/cases.lua"

local function start()
  os.remove(FOLDER .. "/ports")
  local server = assert(io.popen(("%s/server %s"):format(FOLDER, FOLDER), "w"))
  for _ = 1, 100 do
    if shell.exists(FOLDER .. "/ports") then break end
    os.execute "sleep 0.05"
  end
  local ports = {}
  for name, port in shell.read(FOLDER .. "/ports"):gmatch "(%w+)=(%d+)" do ports[name] = port end
  ports.ca = shell.read(FOLDER .. "/ca.pem")
  return server, ports
end

local server, ports = start()

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
for i, case in ipairs(told.cases) do
  lines[i] = ("%s </dev/null >%s/%d.out 2>&1; echo $? >%s/%d.status"):format(line_of(case, i), FOLDER, i, FOLDER, i)
end
shell.write(FOLDER .. "/lines", table.concat(lines, "\0") .. "\0")
os.execute(("xargs -0 -P 8 -n 1 sh -c <%s/lines"):format(FOLDER))
server:close()

-- What is wrong with what the case printed, or nil.
local function judge(case, number)
  local printed = shell.read(("%s/%d.out"):format(FOLDER, number))
  local status = tonumber(shell.read(("%s/%d.status"):format(FOLDER, number)))
  if status ~= (case.status or 0) then return ("exit status %d, want %d:\n%s"):format(status, case.status or 0, printed) end
  for _, want in ipairs(type(case.want) == "table" and case.want or { case.want }) do
    if not printed:find(filled(want), 1, true) then return ("no %q in\n%s"):format(filled(want), printed) end
  end
  if case.not_want and printed:find(case.not_want, 1, true) then return ("%q in\n%s"):format(case.not_want, printed) end
end

local failed = 0
for i, case in ipairs(told.cases) do
  local why = judge(case, i)
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(case[1], why))
  end
end
print(("http: %d passed, %d failed"):format(#told.cases - failed, failed))
return failed == 0 and #told.cases > 0
