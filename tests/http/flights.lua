-- Many targets at a time against the server crowd, which says how many asked it and how many of them at once. What comes out must be what
-- comes out when nobody has to wait. Over HTTP/2, which nghttpd speaks and no other protocol, they share connections.
local shell = dofile "tests/lib/shell.lua"

local FOLDER = assert(..., "flights.lua FOLDER")
local TARGETS = 200

shell.write(FOLDER .. "/crowd-task.yaml", [[
{apiVersion: stash.appscode.com/v1beta1, kind: Function, metadata: {name: f}, spec: {image: registry.example/pg, args: ["${VALUE}"]}}
---
{apiVersion: stash.appscode.com/v1beta1, kind: Task, metadata: {name: t}, spec: {steps: [{name: f}]}}
---
{apiVersion: stash.appscode.com/v1alpha1, kind: Repository, metadata: {name: repo, namespace: shop},
 spec: {backend: {local: {mountPath: /x}, storageSecretName: s}}}
]])

local function targets(count)
  local all = {}
  for i = 1, count do
    all[i] = ([[
---
{apiVersion: stash.appscode.com/v1beta1, kind: BackupSession, metadata: {name: s-%03d, namespace: shop},
 spec: {invoker: {kind: BackupConfiguration, name: b-%03d}}}
---
{apiVersion: stash.appscode.com/v1beta1, kind: BackupConfiguration, metadata: {name: b-%03d, namespace: shop},
 spec: {schedule: "0 3 * * *", repository: {name: repo}, task: {name: t},
   target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: pvc-%03d}}}}
]]):format(i, i, i, i)
  end
  return table.concat(all)
end

shell.write(FOLDER .. "/crowd-targets.yaml", targets(TARGETS))
shell.write(FOLDER .. "/crowd-wall.yaml", "limits: {wall: 150ms}\n")
shell.write(FOLDER .. "/crowd-busy.yaml", "limits: {wall: 500ms}\n") -- much for one of them, little for a hundred one after the other

-- { name, milliseconds that an answer takes, what the provider does with `url` and `name`, the same without a server or nil,
--   requests, least = asked at once, most = asked at once, options, want = text among the messages, count = how often, status }
local CASES = {
  { "one request a target", 20, "return http.get(url .. '/' .. name).body:sub(1, 8)", "return '/' .. name", requests = TARGETS,
    least = 16, most = 128 },
  { "two requests, one after the other", 20,
    "return http.get(url .. '/' .. name .. http.get(url .. '/' .. name).body:sub(2, 8)).body:sub(1, 15)",
    "return '/' .. name .. name", requests = 2 * TARGETS, least = 16, most = 128 },
  { "all want the same", 20, "return http.get(url .. '/same').body:sub(1, 5)", "return '/same'", requests = 1, most = 1 },
  { "in a pcall", 20, "local ok, r = pcall(http.get, url .. '/' .. name) return ok and r.body:sub(1, 8)", "return '/' .. name",
    requests = TARGETS, least = 16 },
  { "where Lua cannot wait, it is awaited there", 2,
    "return (name:gsub('.+', function(n) return http.get(url .. '/' .. n).body:sub(1, 8) end))", "return '/' .. name",
    requests = TARGETS, most = 1 },
  { "in the order of a sort", 1, [[local l = { 2, 1, 3 }
    table.sort(l, function(a, b) return http.get(url .. '/' .. a).body < http.get(url .. '/' .. b).body end)
    return table.concat(l)]], "return '123'", requests = 3, most = 1 },
  { "failures", 20, "return http.get(url .. '/status/404/' .. name).body", requests = TARGETS, least = 16, status = 2,
    want = "it answered 404 Not Found: as you wish", count = TARGETS },
  { "one failure for all who wait", 20, "return http.get(url .. '/status/404/same').body", requests = { 1, 2 }, status = 2,
    want = "it answered 404 Not Found: as you wish", count = TARGETS },
  { "some failures", 20, "return http.get(url .. (name < 'pvc-101' and '/status/500/' or '/') .. name).body:sub(1, 8)",
    "if name < 'pvc-101' then error 'no' end return '/' .. name", options = "--keep-going", requests = { 200, 500 }, status = 2,
    want = "it answered 500", count = 100 },
  { "messages in order", 20, "log.info(http.get(url .. '/' .. name).body:sub(1, 8)) return 'x'", "log.info('/' .. name) return 'x'",
    requests = TARGETS, least = 16, same_messages = true },
  { "time that others take is not charged", 20, "http.get(url .. '/' .. name) for _ = 1, 1500000 do end return 'x'", "return 'x'",
    requests = TARGETS, least = 16, options = ("--config %s/crowd-busy.yaml"):format(FOLDER) },
  { "the wall clock", 400, "return http.get(url .. '/' .. name).body", status = 2, least = 16,
    options = ("--config %s/crowd-wall.yaml"):format(FOLDER), count = TARGETS,
    want = "error[time-limit]: it took more than 0.15 s of wall clock, waiting for GET " },
}

local SCRIPT = 'local url = %q\nprovider "p" { summary = "s", variables = { "VALUE" }, resolve = function(_, ctx)\n'
  .. "local name = ctx.target.ref.name\n%s\nend }\n"

-- Renders the file's targets with a provider whose function has this body.
local function render_file(file, url, body, options)
  local path = FOLDER .. "/crowd.lua"
  shell.write(path, SCRIPT:format(url, body))
  local grant = shell.quote(("http=%s@127.0.0.0/8"):format(url:gsub("^https://", "")))
  local line = "env -u http_proxy -u https_proxy -u no_proxy %s render -f %s/crowd-task.yaml -f %s/%s --script %s %s --grant %s"
  return shell.run(line:format(shell.moonstep, FOLDER, FOLDER, file, path, options or "", grant))
end

local function render(...) return render_file("crowd-targets.yaml", ...) end

-- The port of a server that has been started, once it listens: crowd prints it.
local function port_of(file)
  for _ = 1, 100 do
    local port = shell.read(file):match "^(%d+)\n"
    if port then return port end
    os.execute "sleep 0.02"
  end
  error "the server does not listen"
end

-- Runs a function while the server listens; returns what it said of itself, too.
local function with_server(latency, run)
  local file = FOLDER .. "/crowd-port"
  shell.write(file, "")
  local server = assert(io.popen(("%s/crowd %d >%s"):format(FOLDER, latency, file), "w"))
  local url = "http://127.0.0.1:" .. port_of(file)
  local results = table.pack(run(url))
  shell.write(FOLDER .. "/crowd-one.yaml", targets(1))
  local _, told = render_file("crowd-one.yaml", url, 'log.warn(http.get(url .. "/stats").body) return "x"')
  server:close()
  local stats = {}
  for name, number in told:gmatch '"(%w+)": (%d+)' do stats[name] = tonumber(number) end
  return stats, table.unpack(results, 1, results.n)
end

local function within(number, range)
  if type(range) ~= "table" then range = { range, range } end
  return number >= range[1] and number <= range[2]
end

local function occurrences(text, part)
  local count, at = 0, 1
  while true do
    local first, last = text:find(part, at, true)
    if not first then return count end
    count, at = count + 1, last + 1
  end
end

-- What is wrong with a case, or nil.
local function judge(case)
  local stats, out, err, status = with_server(case[2], function(url) return render(url, case[3], case.options) end)
  if status ~= (case.status or 0) then return ("exit status %s\n%s"):format(status, err:sub(1, 600)) end
  if case.requests and not within(stats.requests, case.requests) then return ("%d requests"):format(stats.requests) end
  if case.least and stats.most < case.least then return ("only %d at once"):format(stats.most) end
  if case.most and stats.most > case.most then return ("%d at once"):format(stats.most) end
  if status == 0 and stats.connections > 129 then return ("%d connections"):format(stats.connections) end
  if case.want and occurrences(err, case.want) ~= case.count then
    return ("%d times %q in\n%s"):format(occurrences(err, case.want), case.want, err:sub(1, 600))
  end
  if not case[4] then return nil end
  local plain_out, plain_err = render("http://127.0.0.1:1", case[4], case.options)
  if out ~= plain_out then return "the output is not what it is without waiting" end
  if case.same_messages and err ~= plain_err then return "the messages are not what they are without waiting" end
end

-- What is wrong with HTTP/2, or nil. A port that was free a moment ago is free now.
local function judge_http2()
  local www, log = FOLDER .. "/www", FOLDER .. "/nghttpd.log"
  os.execute(("mkdir -p %s"):format(www))
  for i = 1, TARGETS do shell.write(("%s/pvc-%03d"):format(www, i), ("body of %03d"):format(i)) end
  local file = FOLDER .. "/crowd-port"
  shell.write(file, "")
  local holder = assert(io.popen(("%s/crowd 1 >%s"):format(FOLDER, file), "w"))
  local port = port_of(file)
  holder:close()
  shell.write(log, "")
  local line = "nghttpd -v -a 127.0.0.1 -d %s %s %s/server.pem %s/server.pem >%s 2>&1 & echo $!"
  local server = assert(io.popen(line:format(www, port, FOLDER, FOLDER, log)))
  local process = server:read "n"
  server:close()
  for _ = 1, 100 do
    if shell.read(log):find("listen", 1, true) then break end
    os.execute "sleep 0.02"
  end
  local grant = ("--grant read=%s"):format(FOLDER)
  local out, err, status = render("https://localhost:" .. port, "return http.get(url .. '/' .. name, { ca = 'ca.pem' }).body", grant)
  os.execute(("kill %d"):format(process))
  if status ~= 0 then return err:sub(1, 600) end
  if out ~= render("http://127.0.0.1:1", "return 'body of ' .. name:sub(5)") then return "the output is not what it is without waiting" end
  local connections = 0 -- its own takes 100 requests at a time
  for id in shell.read(log):gmatch "%[id=(%d+)%]" do connections = math.max(connections, tonumber(id)) end
  if connections < 1 or connections > 60 then return ("%d connections"):format(connections) end
end

table.insert(CASES, { "HTTP/2" })
local failed = 0
for _, case in ipairs(CASES) do
  local why = case[2] and judge(case) or not case[2] and judge_http2() or nil
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(case[1], why))
  end
end
print(("flights: %d passed, %d failed"):format(#CASES - failed, failed))
return failed == 0
