-- The catalogue: every Task of every system and version is rendered for each kind of repository and judged, every shell text is parsed by
-- the shells of this machine, and what is documented is held against what is used. Nothing is run here; `servers.lua` does that.
-- Usage: moonstep-lua tests/catalog/run.lua
local all = require "catalog.all"
local frame = require "catalog.frame"
local compare = dofile "tests/lib/compare.lua"
local params = require "catalog.params"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local value = require "base.value"

local inputs = dofile "tests/catalog/inputs.lua"

local POLICIES = " --policy kubernetes --policy backup --policy shell --policy pod-security/baseline"

-- Renders everything with the words added. Returns the Jobs and the findings but those of images, which cannot be pinned here.
local function render(backend, words)
  local line = shell.moonstep .. " render -f - -o json --format ndjson" .. POLICIES .. " " .. (words or "")
  local out, err, status = shell.run(line, inputs.of(backend))
  local found = {}
  for finding in err:gmatch "[^\n]+" do
    if not finding:find('"backup/image-pinned"', 1, true) then found[#found + 1] = finding end
  end
  local list = out ~= "" and compare.parse(out, "rendered")[1].items or {}
  return list, found, status
end

local tests = {}
local function test(name, f) tests[#tests + 1] = { name, f } end

local function each_entry(check)
  local seen = {}
  for _, group in ipairs { "common", table.unpack(all.systems) } do
    for _, entry in ipairs(all.entries(group)) do
      local id = entry.object.kind .. " " .. entry.object.metadata.name
      assert(not seen[id], id .. " is there twice")
      seen[id] = true
      check(entry, id)
    end
  end
end

for _, backend in ipairs(value.keys(inputs.BACKENDS)) do
  test("every Task is rendered without a finding, for " .. backend, function()
    local jobs, found, status = render(backend)
    suite.equal(found, {})
    suite.equal(status, 0)
    suite.equal(#jobs, #all.names "Task")
    local env = {}
    for _, entry in ipairs(jobs[1].spec.template.spec.initContainers[2].env) do env[entry.name] = entry.value end
    suite.equal(env.REPOSITORY_PROVIDER, backend)
  end)
end

test("what needs no user of its own passes the restricted standard", function()
  local _, found = render("s3", "--policy pod-security/restricted")
  suite.equal(found, {})
end)

test("an AppBinding says where and who", function()
  local jobs = render "s3"
  local env = {}
  for _, entry in ipairs(jobs[1].spec.template.spec.initContainers[1].env) do env[entry.name] = entry end
  suite.equal({ env.PGHOST.value, env.PGPORT.value, env.PGPASSWORD.valueFrom.secretKeyRef.name },
    { "orders-db.demo.svc", "4711", "orders-login" })
end)

test("no value is put into shell text", function()
  each_entry(function(entry, id)
    local text = entry.object.spec.args and entry.object.spec.command[1] == "sh" and entry.object.spec.args[1]
    if text then assert(not text:gsub("%$%${", ""):find("${", 1, true), id) end
  end)
end)

test("secrets come by reference", function()
  each_entry(function(entry, id)
    for _, env in ipairs(value.get(entry.object, "spec", "runtimeSettings", "env") or {}) do
      if env.name:find "PASSWORD" or env.name:find "TOKEN" or env.name == "MYSQL_PWD" then assert(env.valueFrom, id .. " " .. env.name) end
    end
  end)
end)

for _, parser in ipairs { "sh", "bash --posix" } do
  test(("every shell text is read by %s -n"):format(parser), function()
    local count = 0
    each_entry(function(entry, id)
      if entry.object.kind == "Function" and entry.object.spec.command[1] == "sh" then
        local _, err, status = shell.run(parser .. " -n", (entry.object.spec.args[1]:gsub("%$%${", "${")))
        suite.equal({ status, err }, { 0, "" }, id)
        count = count + 1
      end
    end)
    assert(count > 50, count)
  end)
end

-- What programs say in a step that fails, and what of it the step says of itself.
local FAILURES = {
  ["PostgreSQL 13"] = { "server closed the connection unexpectedly", [=[
pg_dump: error: query failed: server closed the connection unexpectedly
	This probably means the server terminated abnormally
	before or while processing the request.
pg_dump: error: query was: LOCK TABLE public.items IN ACCESS SHARE MODE]=] },
  ["PostgreSQL 15"] = { "server closed the connection unexpectedly", [=[
pg_dump: error: query failed: server closed the connection unexpectedly
	This probably means the server terminated abnormally
	before or while processing the request.
pg_dump: detail: Query was: LOCK TABLE public.items IN ACCESS SHARE MODE]=] },
  ["a full disk"] = { "write: No space left on device", "error: write: No space left on device\nFatal: nothing was saved" },
  ["no word of an error"] = { "it went away", "hello\nit went away" },
  ["an SQL text alone"] = { "ended with exit status 3", "pg_dump: error: query was: SELECT" },
}

test("a step that fails says why", function()
  local text = frame("dump", 'printf "%s\\n" "$SAID" >&2\nexit 3\n')
  for name, each in pairs(FAILURES) do
    local out, _, status = shell.run([[folder=$(mktemp -d) && cat >"$folder/step" &&
      ON_FAILURE=report OUTPUT_DIR=$folder DATA_DIR=$folder/data SAID=]] .. shell.quote(each[2]) .. [[ sh "$folder/step" 2>/dev/null
      cat "$folder/status.json"; rm -rf "$folder"]], text)
    suite.equal(status, 0)
    local said = compare.parse(out, name)[1]
    suite.equal({ said.step, said.status }, { "dump", 3 }, name)
    assert(said.error:find(each[1], 1, true), name .. ": " .. said.error)
  end
end)

-- Names that variables have when they are no params: Stash's, and those of AppBindings.
local function is_given(name) return name:find "^%u[%u_]+$" ~= nil and name ~= "MOONSTEP_IMAGE" end

local function collect(v, names)
  if type(v) == "string" then
    for name in v:gsub("%$%${", ""):gmatch "%${(%w[%w_]*)" do
      if not is_given(name) then names[name] = true end
    end
  elseif type(v) == "table" then
    for key, each in pairs(v) do
      collect(key, names)
      collect(each, names)
    end
  end
end

test("the params that are documented are those that are asked for", function()
  each_entry(function(entry, id)
    if entry.object.kind == "Task" then return end
    local asked, documented = {}, {}
    collect(entry.object.spec, asked)
    for _, param in ipairs(entry.params) do
      documented[param.name] = true
      assert(param.summary and param.summary ~= "", id .. ": no summary of " .. param.name)
      for name in (param.default or ""):gmatch "%${(%w[%w_]*)" do
        if not is_given(name) then asked[name] = true end
      end
    end
    suite.equal(value.keys(asked), value.keys(documented), id)
  end)
end)

test("a Task asks for no params but those of its Functions", function()
  for _, name in ipairs(all.names "Task") do
    local asked, documented = {}, {}
    collect(all.find("Task", name).object.spec, asked)
    for _, param in ipairs(params.of(params.named(name))) do documented[param.name] = true end
    for each in pairs(asked) do assert(documented[each], name .. " asks for " .. each) end
  end
end)

test("all versions are there", function()
  local names = {}
  for _, name in ipairs(all.names "Task") do names[name] = true end
  for _, each in ipairs { "postgres-backup-9.6", "postgres-restore-17", "mysql-backup-5.7", "mysql-restore-8.0", "mariadb-backup-10.5",
    "mariadb-restore-11", "percona-xtradb-backup-5.7", "percona-xtradb-restore-8.0", "mongodb-backup-3.4", "mongodb-restore-6.0",
    "redis-backup-5", "redis-restore-7", "etcd-backup-3.5", "nats-backup-2.6", "nats-restore-2.10", "elasticsearch-backup-5.6",
    "elasticsearch-restore-8.2", "vault-backup-1.10", "kubedump-backup", "kubedump-restore", "pvc-backup", "pvc-restore" } do
    assert(names[each], each)
  end
end)

local FUNCTION = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: restic-backup}
spec: {image: "registry.example/mine:1"}
]]

test("a file goes before the catalogue", function()
  local line = " render -f - --task postgres-backup-15 --set REPOSITORY_SECRET_NAME=s -o json"
  local out, err, status = shell.run(shell.moonstep .. line, FUNCTION)
  suite.equal({ err, status }, { "", 0 })
  local steps = compare.parse(out, "rendered")[1].spec.template.spec.initContainers
  suite.equal({ steps[1].image, steps[2].image }, { "postgres:15", "registry.example/mine:1" })
end)

test("a Task needs no files; a near miss is told", function()
  local set = " --set REPOSITORY_SECRET_NAME=s --set REPOSITORY_PROVIDER=s3 --set REPOSITORY_BUCKET=b"
  local out, err = shell.run(shell.moonstep .. " render --task redis-backup-7 -o name" .. set)
  suite.equal({ out, err }, { "job.batch/redis-backup-7\n", "" })
  local _, near, status = shell.run(shell.moonstep .. " render --task redis-bakcup-7" .. set)
  suite.equal(status, 2)
  assert(near:find "did you mean redis%-backup%-7%?", near)
end)

test("in a batch, one process or several say the same", function()
  local rows = {}
  for i = 1, 600 do rows[i] = ('{"name": "db%d", "namespace": "shop"}\n'):format(i) end
  local line = " render --task redis-backup-7 --targets - -o ndjson --policy backup --set REPOSITORY_SECRET_NAME=s"
    .. " --set REPOSITORY_PROVIDER=s3 --set REPOSITORY_BUCKET=b "
  local want = { shell.run(shell.moonstep .. line .. "-j1 --no-plan", table.concat(rows)) }
  assert(want[3] == 0 and want[2]:find "600 of 600 targets rendered", want[2])
  suite.equal({ shell.run(shell.moonstep .. line .. "-j3", table.concat(rows)) }, want)
end)

test("show prints what check and render take", function()
  for _, name in ipairs { "postgres", "pvc", "etcd-restore-3.5", "update-status" } do
    local text = shell.run(shell.moonstep .. " catalog show " .. name)
    local _, err, status = shell.run(shell.moonstep .. " check -f - --strict" .. POLICIES, text)
    suite.equal(status, 0, name .. ": " .. err)
  end
end)

test("install prints everything once", function()
  local objects = compare.parse(shell.run(shell.moonstep .. " catalog install"), "installed")
  local count = 0
  each_entry(function() count = count + 1 end)
  suite.equal(#objects, count)
  for _, object in ipairs(objects) do suite.equal(object.metadata.namespace, nil) end
end)

test("wrong usage says what is right", function()
  for line, words in pairs { ["catalog lst"] = "did you mean list%?", ["catalog show"] = "catalog show takes one NAME",
    ["catalog show postgrs"] = "did you mean postgres%?", ["catalog install x"] = "takes no name",
    ["catalog params nothing-at-all"] = "has no" } do
    local _, err, status = shell.run(shell.moonstep .. " " .. line)
    assert(status == 2 and err:find(words), line .. ": " .. err)
  end
end)

test("README's table is what the tables say", function()
  local table_there = shell.read "README.md":match "<!%-%- catalog:[^\n]*\n(.-)<!%-%- /catalog %-%->"
  suite.equal(table_there, (shell.run(shell.moonstep .. " catalog list --markdown")))
end)

return suite.run("catalogue", tests)
