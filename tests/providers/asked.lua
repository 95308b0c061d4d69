-- Providers that ask a server: rows of what it answers, what a variable is then, and what it was asked.
--
-- A row is { name, settings as YAML, answers, …, want = value | fails = words }:
--   answers = { ["GET path"] = "STATUS BODY" | "HTTP/1.1 …" as it is sent }. Other paths are answered with 404
--   ask = the variable, or a list (default: X; `want` is a list then too)       set = { NAME = value }
--   environment = "NAME=value …"      options = of the command line
--   fails = words of the message, or a list of such; each error names the variable and the provider anyway
--   asked = texts that the requests hold in this order       count = how many requests there were
--   hidden = what must not be printed       direct = it is a Function's that asks, not the template
--   elsewhere = the error is not one of asking for the variable
-- @plain@ and @tls@ stand for the server's ports; @url@ is the address under which its answers stand. The variable is put into a Secret, by
-- a script of the site, so that the second wall stands too.
local emit = require "engine.emit"
local load = require "engine.load"
local shell = dofile "tests/lib/shell.lua"
local site = dofile "tests/providers/site.lua"
local suite = dofile "tests/lib/suite.lua"

local asked = { site = site }

local emitter = emit.new {}

local SHOW = [[
template "show" { summary = "variables in a Secret", render = function(ctx)
  local data = {}
  for i, name in ipairs { %s } do data["v" .. i] = ctx:variable(name) or "(none)" end
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "s" }, stringData = data }
end }
]]

local UNSET = "env -u VAULT_TOKEN -u http_proxy -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY"

-- --- the server

local server, ports

function asked.start(program)
  site.sh "mkdir prepared"
  server = assert(io.popen(("%s %s"):format(program, shell.quote(site.folder)), "w"))
  for _ = 1, 100 do
    if shell.exists(site.folder .. "/ports") then break end
    os.execute "sleep 0.05"
  end
  ports = {}
  for name, port in shell.read(site.folder .. "/ports"):gmatch "(%w+)=(%d+)" do ports[name] = port end
  ports.url = ("http://localhost:%s/prepared"):format(ports.plain)
end

function asked.stop()
  if server then server:close() end
  site.remove()
end

-- Lets @name@ stand for a text.
function asked.name(name, text) ports[name] = text end

local function filled(text) return (text:gsub("@(%l+)@", ports)) end

local function prepare(answers)
  site.sh "rm -f prepared/* requests"
  for request, answer in pairs(answers or {}) do
    local status, body = answer:match "^(%d+) ?(.*)$"
    if status then
      answer = ("HTTP/1.1 %s As-Prepared\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(
        status, #body, body)
    end
    local method, path = request:match "^(%u+) /?(.*)$"
    site.write("prepared/" .. method .. "_" .. path:gsub("/", "_"), answer)
  end
end

-- --- a run

local function list(v) return type(v) == "table" and v or { v } end

local LINE = "cd %s && %s %s timeout -s KILL 20 %s render -f task.yaml -o json %s"

-- Runs the tool in the site's folder.
local function render(environment, options)
  return shell.run(LINE:format(shell.quote(site.folder), UNSET, environment, site.tool, options))
end

-- The values of the row's variables, or nil and what was printed.
local function run(provider, row)
  local names, sets = {}, {}
  for i, name in ipairs(list(row.ask or "X")) do names[i] = ("%q"):format(name) end
  for name, v in pairs(row.set or { TARGET_NAME = "orders", TARGET_NAMESPACE = "shop" }) do
    sets[#sets + 1] = "--set " .. shell.quote(name .. "=" .. v)
  end
  site.write("moonstep.yaml", filled(("%s\nproviders:\n  %s: {%s}\n"):format(row.config or "", provider, row[2])))
  site.write("show.lua", SHOW:format(table.concat(names, ", ")))
  site.write("task.yaml", site.documents(row.direct and '"${X}"' or ""))
  local out, err, status = render(row.environment or "", ("--task t --script show.lua %s %s %s"):format(
    row.direct and "" or "--template show", table.concat(sets, " "), filled(row.options or "")))
  if status ~= 0 then return nil, err end
  local data, all = load.next(load.reader(load.source(out))).stringData, {}
  for i = 1, #names do all[i] = data["v" .. i] end
  return all, err
end

local function requests() return shell.exists(site.folder .. "/requests") and shell.read(site.folder .. "/requests") or "" end

local function check(provider, row)
  if row.before then site.sh(filled(row.before)) end
  prepare(row[3])
  local got, printed = run(provider, row)
  for _, hidden in ipairs(list(row.hidden or {})) do
    if printed:find(hidden, 1, true) then error(("%q is printed: %s"):format(hidden, printed), 0) end
  end
  if row.fails then
    suite.equal(got, nil)
    for _, words in ipairs(list(row.fails)) do
      if not printed:find(filled(words), 1, true) then error(("no %q in: %s"):format(filled(words), printed), 0) end
    end
    local named = ("in provider %s, asked for %s"):format(provider, list(row.ask or "X")[1])
    if not row.elsewhere and not printed:find(named, 1, true) then error(("no %q in: %s"):format(named, printed), 0) end
  else suite.equal(got, list(row.want), printed) end
  local told, at = requests(), 1
  for _, text in ipairs(list(row.asked or {})) do
    local _, last = told:find(filled(text), at, true)
    if not last then error(("no %q (in this order) in the requests: %s"):format(filled(text), told), 0) end
    at = last + 1
  end
  if row.count then suite.equal(asked.count(), row.count, "requests:\n" .. told) end
end

-- tests(provider, rows) -> tests for the suite
function asked.tests(provider, rows)
  local tests = {}
  for i, row in ipairs(rows) do tests[i] = { row[1], function() check(provider, row) end } end
  return tests
end

local REPOSITORY = [=[
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: r, namespace: shop}
spec: {backend: {local: {mountPath: /r, emptyDir: {}}, storageSecretName: s}}
]=]

local TARGET = [=[
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: %s, namespace: shop}
spec: {schedule: "* * * * *", repository: {name: r}, task: {name: t}, target: {ref: {apiVersion: v1, kind: Service, name: %s}}}
]=]

-- batch(provider, settings, answers, targets, options) -> what is printed, messages, exit status: the variables X and W of several targets,
-- which are put into args.
function asked.batch(provider, settings, answers, targets, options)
  prepare(answers)
  local documents = { site.documents '"${X} ${W:=none}"', REPOSITORY }
  for _, name in ipairs(targets) do documents[#documents + 1] = TARGET:format(name, name) end
  site.write("moonstep.yaml", filled(("providers:\n  %s: {%s}\n"):format(provider, settings)))
  site.write("task.yaml", table.concat(documents))
  return render("", "--session '{name}-1' " .. options)
end

-- How many requests there were.
function asked.count() return select(2, requests():gsub("HTTP/1%.1\r\n", "")) end

-- A text as JSON.
function asked.json(v) return (assert(emitter:json(v))) end

return asked
