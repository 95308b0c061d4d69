-- Files by URL: documents and scripts from the server of server.c, and from recordings, which need no server.
local shell = dofile "tests/lib/shell.lua"

local BINARIES = assert(..., "remote.lua FOLDER")
local FOLDER = BINARIES .. "/remote"
local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"

local TASK = [[
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: "i:${TAG}"}
]]

local SCRIPT = [[
log.info "the script runs"
rule "site/image" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, "spec.template.spec.containers[0].image", "an image", { fix = "j:2" })
end }
]]

os.execute(("rm -rf %s; mkdir -p %s/empty"):format(FOLDER, FOLDER))
local scripts = {
  script = SCRIPT,
  includes = 'include "script.lua"',
  reads = 'provider "p" { summary = "s", variables = { "TAG" }, resolve = function() return json.read("tag.json") end }',
  asks = 'provider "p" { summary = "s", variables = { "TAG" }, resolve = function() '
    .. 'return http.get("https://policies.example/other.lua").body end }',
}
local digests = {}
for name, text in pairs(scripts) do
  shell.write(("%s/%s.lua"):format(FOLDER, name), text)
  digests[name] = io.popen(("sha256sum %s/%s.lua"):format(FOLDER, name)):read "l":sub(1, 64)
end
shell.write(FOLDER .. "/task.yaml", TASK)
shell.write(FOLDER .. "/local.yaml", TASK)
shell.write(FOLDER .. "/tag.json", '"from-json"')
shell.write(FOLDER .. "/half.yaml", "a: [1\n")
local server, ports = dofile "tests/http/start.lua"(BINARIES, FOLDER)
for name, digest in pairs(digests) do ports[name] = digest end

local function filled(text) return (text:gsub("@([%a]+)@", ports)) end

local function write(name, text) shell.write(FOLDER .. "/" .. name, filled(text)) end

write("site.yaml", 'scripts: ["http://localhost:@plain@/file/script.lua#sha256=@script@"]\n'
  .. 'grants: {http: ["http://localhost:@plain@@127.0.0.0/8"]}\n')
write("bare.yaml", 'scripts: ["http://localhost:@plain@/file/script.lua"]\ngrants: {http: ["http://localhost:@plain@@127.0.0.0/8"]}\n')
write("pack.yaml", 'policies: ["http://localhost:@plain@/file/script.lua#sha256=@script@"]\n'
  .. 'grants: {http: ["http://localhost:@plain@@127.0.0.0/8"]}\n')
write("usual.yaml", "{}\n")

local GRANTED = "--config usual.yaml --grant http=http://localhost:@plain@@127.0.0.0/8"
local PLAIN = "http://localhost:@plain@"
local LOCAL = "-f local.yaml --task t --set TAG=1 --config usual.yaml"
local RENDER = ("render -f %s/file/task.yaml --task t --set TAG=1"):format(PLAIN)

-- { name, arguments, want = text or texts, not_want, status }; @…@ as in cases.lua, and the digests of the scripts.
local CASES = {
  -- documents
  { "a document", RENDER .. " -o name " .. GRANTED, want = "job.batch/t\n" },
  { "its server is not granted", RENDER .. " --config usual.yaml", status = 2, want = "GET http://localhost:@plain@/file/task.yaml: "
    .. "http://localhost:@plain@ is not granted; add it to grants: http: in moonstep.yaml, or --grant http=http://localhost:@plain@" },
  { "https on a private address", "render -f https://localhost:@tls@/file/task.yaml --task t", status = 2,
    want = "it leads to 127.0.0.1, and being named by URL allows public addresses alone; add localhost:@tls@@127.0.0.1 to grants" },
  { "https from a stranger", "render -f https://localhost:@tls@/file/task.yaml --task t --grant http=localhost:@tls@@127.0.0.0/8",
    want = "no TLS connection that can be trusted", status = 2 },
  { "a place in it", "render -f '" .. PLAIN .. "/file/task.yaml?token=hush' --task t " .. GRANTED, status = 2, not_want = "hush",
    want = PLAIN .. "/file/task.yaml?token=***:9:20: error[unset-variable]" },
  { "a broken one", "check -f " .. PLAIN .. "/file/half.yaml " .. GRANTED, want = PLAIN .. "/file/half.yaml:2:1: error[yaml-syntax]",
    status = 1 },
  { "one that is not there", "check -f '" .. PLAIN .. "/status/404?key=hush' " .. GRANTED, status = 2, not_want = "hush",
    want = "GET " .. PLAIN .. "/status/404?key=***: it answered 404 Not Found" },
  { "an answer that repeats the query", "check -f '" .. PLAIN .. "/status/500?key=as%20you' " .. GRANTED, status = 2,
    want = '["*** wish"]', not_want = "as you" },
  { "an endless one that is a script", "check " .. LOCAL .. " --script " .. PLAIN .. "/endless#sha256=@script@ " .. GRANTED, status = 2,
    want = "the answer has more than 4 MiB" },
  { "half of one", "check -f " .. PLAIN .. "/truncated " .. GRANTED, want = "the answer broke off half-way", status = 2 },
  { "the others are checked all the same", "check -f " .. PLAIN .. "/status/403 -f " .. PLAIN .. "/file/half.yaml " .. GRANTED, status = 2,
    want = { "it answered 403", "error[yaml-syntax]" } },
  { "a redirect", ("render -f %s/to/302//file/task.yaml --task t --set TAG=1 -o name %s"):format(PLAIN, GRANTED), want = "job.batch/t" },
  { "a redirect to another server", ("render -f %s/to/302/http://127.0.0.1:@plain@/file/task.yaml --task t %s"):format(PLAIN, GRANTED)
    .. " --grant http=http://127.0.0.1:@plain@@127.0.0.1", status = 2, want = "GET http://127.0.0.1:@plain@/file/task.yaml: "
    .. "this is not the server of http://localhost:@plain@/to/302/http://127.0.0.1:@plain@/file/task.yaml" },
  { "a password", "check -f https://user:hush@policies.example/a.yaml", status = 2, not_want = "hush",
    want = "the URL https://***@policies.example/a.yaml is not taken: it holds a user name or password" },
  { "asked for once", ("check -f %s/count/r -f %s/count/r %s"):format(PLAIN, PLAIN, GRANTED), want = "    1 | 1", not_want = "| 2",
    status = 1 },
  { "with a digest", "check -f " .. PLAIN .. "/file/half.yaml#sha256=@script@ " .. GRANTED, want = "has changed: its digest is sha256=",
    not_want = "yaml-syntax", status = 2 },
  { "explain", ("explain TAG -f %s/file/task.yaml --task t --set TAG=1 %s"):format(PLAIN, GRANTED),
    want = "used at " .. PLAIN .. "/file/task.yaml:9:20" },
  { "the prompt", ("lua -f %s/file/task.yaml --task t --set TAG=1 %s <prompt"):format(PLAIN, GRANTED), want = "name: t" },
  { "HTTPS in capitals", "check -f HTTPS://localhost:@tls@/file/task.yaml", want = "it leads to 127.0.0.1", status = 2 },

  -- scripts
  { "a script", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/script.lua#sha256=@script@ " .. GRANTED, status = 1,
    want = { PLAIN .. "/file/script.lua: info[log]: the script runs", "local.yaml:9:15: error[site/image]" } },
  { "a digest in capitals", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/script.lua#sha256=@SCRIPT@ " .. GRANTED, status = 1,
    want = "the script runs" },
  { "in moonstep.yaml", "check -f local.yaml --task t --set TAG=1 --config site.yaml", want = "the script runs", status = 1 },
  { "a pack", "check -f local.yaml --task t --set TAG=1 --config pack.yaml", want = "the script runs", status = 1 },
  { "a pack on the command line", "check " .. LOCAL .. " --policy " .. PLAIN .. "/file/script.lua#sha256=@script@ " .. GRANTED, status = 1,
    want = "the script runs" },
  { "without a digest", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/script.lua " .. GRANTED, status = 2,
    want = { "error[digest]: " .. PLAIN .. "/file/script.lua: a script that is named by URL needs its digest",
      "write " .. PLAIN .. "/file/script.lua#sha256=@script@, which it has now" }, not_want = "runs\n" },
  { "without a digest, in moonstep.yaml", "check -f local.yaml --config bare.yaml", want = "bare.yaml: error[digest]: ", status = 2 },
  { "without a digest, and not there", "check " .. LOCAL .. " --script " .. PLAIN .. "/status/404 " .. GRANTED, status = 2,
    want = { "needs its digest behind it", "it answered 404 Not Found" } },
  { "another digest", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/script.lua#sha256=@reads@ " .. GRANTED, status = 2,
    want = "has changed: its digest is sha256=@script@, and not sha256=@reads@; nothing of it is used", not_want = "the script runs" },
  { "a short digest", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/script.lua#sha256=abc " .. GRANTED, status = 2,
    want = "what stands behind # is no digest", not_want = "the script runs" },
  { "another kind of digest", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/script.lua#md5=@script@ " .. GRANTED, status = 2,
    want = "what stands behind # is no digest", not_want = "the script runs" },
  { "it includes nothing", "check " .. LOCAL .. " --script " .. PLAIN .. "/file/includes.lua#sha256=@includes@ " .. GRANTED, status = 2,
    want = { "/file/includes.lua:1:1: error[script]: include \"script.lua\": this script came by URL alone" } },
  { "it reads what is granted", "render -f local.yaml --task t --script " .. PLAIN .. "/file/reads.lua#sha256=@reads@ " .. GRANTED
    .. " --grant read=tag.json", want = "i:from-json" },
  { "and nothing else", "render -f local.yaml --task t --script " .. PLAIN .. "/file/reads.lua#sha256=@reads@ " .. GRANTED, status = 2,
    want = "reading tag.json is not granted" },
  { "moonstep grants", "grants --script " .. PLAIN .. "/file/script.lua#sha256=@script@ " .. GRANTED,
    want = "http=http://localhost:@plain@@127.0.0.0/8" },
  { "SARIF", ("check -f %s/file/half.yaml %s --format sarif"):format(PLAIN, GRANTED), status = 1,
    want = '"uri":"http://localhost:@plain@/file/half.yaml"' },
  { "nothing is fixed there", ("check --fix -f %s/file/task.yaml --task t --set TAG=1 --config site.yaml"):format(PLAIN), status = 1,
    want = "it came by URL, and can only be changed where it is kept" },
}

local failed, passed = 0, 0

local function judge(case, out)
  if out.status ~= (case.status or 0) then return ("exit status %d, want %d:\n%s"):format(out.status, case.status or 0, out.text) end
  for _, want in ipairs(type(case.want) == "table" and case.want or { case.want }) do
    if not out.text:find(filled(want), 1, true) then return ("no %q in\n%s"):format(filled(want), out.text) end
  end
  if case.not_want and out.text:find(filled(case.not_want), 1, true) then return ("%q in\n%s"):format(case.not_want, out.text) end
end

local function run(case)
  local unset = "-u http_proxy -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY -u no_proxy -u NO_PROXY"
  local out, err, status = shell.run(("cd %s && env %s timeout -s KILL 15 %s %s"):format(FOLDER, unset, shell.quote(tool), filled(case[2])))
  local why = judge(case, { text = out .. err, status = status })
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(case[1], why))
  else passed = passed + 1 end
  return out .. err
end

write("prompt", "ctx:metadata()\n")
ports.SCRIPT = digests.script:upper()
for _, case in ipairs(CASES) do run(case) end

-- --- recorded, and replayed without the server

local both = ("check -f %s/file/task.yaml --task t --set TAG=1 --config site.yaml"):format(PLAIN)
local first = run { "recorded", both .. " --record recorded", want = "the script runs", status = 1 }
server:close()
local again = run { "replayed", both .. " --replay recorded", want = "the script runs", status = 1 }
if first ~= again then
  failed = failed + 1
  print(("not ok the same when it is replayed:\n%s%s"):format(first, again))
end

-- A public server, which needs no grant to be named, from a recording that is put where it is looked for.
local function put(url, text)
  local line = ("%s check -f %s --config %s/usual.yaml --replay %s/empty"):format(shell.quote(tool), url, FOLDER, FOLDER)
  local out, err = shell.run(line)
  local path = (out .. err):match "it would be (%S+)" or error(out .. err)
  shell.write(path, ('{"answer": {"status": 200, "headers": {}, "body": "%s"}}'):format(text:gsub('["\\]', "\\%0"):gsub("\n", "\\n")))
end
put("https://policies.example/task.yaml", TASK)
put("https://policies.example/script.lua", SCRIPT)
put("https://policies.example/asks.lua", scripts.asks)
put("https://policies.example/other.lua", "x")
local PUBLIC = " --config usual.yaml --replay empty --task t"
run { "a public server", "check -f https://policies.example/task.yaml --set TAG=1 "
  .. "--script https://policies.example/script.lua#sha256=@script@" .. PUBLIC, status = 1,
  want = { "the script runs", "https://policies.example/task.yaml:9:15: error[site/image]" } }
run { "is not granted to scripts", "render -f https://policies.example/task.yaml --script https://policies.example/asks.lua#sha256=@asks@"
  .. PUBLIC, status = 2, want = "http: policies.example:443 is not granted" }
run { "a script that was changed on the way", "check -f local.yaml --script https://policies.example/script.lua#sha256=@asks@" .. PUBLIC,
  status = 2, want = "has changed", not_want = "the script runs" }

print(("remote files: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
