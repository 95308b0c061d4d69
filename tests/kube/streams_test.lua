-- kube.list, kube.watch, kube.logs, kube.apply, kube.status against a server that answers as scripts say (scripted.c): pages that are
-- forgotten, streams that end in every way, servers that are away, limits of how much may be asked.
local apply = require "kube.apply"
local clusters = require "kube.clusters"
local diag = require "base.diag"
local events = require "kube.events"
local follow = require "cluster.follow"
local list = require "kube.list"
local logs = require "kube.logs"
local loop = require "kube.loop"
local running = require "scripts.running"
local shell = dofile "tests/lib/shell.lua"
local status = require "kube.status"
local suite = dofile "tests/lib/suite.lua"
local value = require "base.value"
local watch = require "kube.watch"
local watches = require "cluster.watches"

local FOLDER, SERVER = ...
local PATIENCE = 8000 -- milliseconds after which something is lost

running.begin()

local server = shell.start(("%s %s"):format(SERVER, FOLDER), FOLDER .. "/port")
local port = shell.read(FOLDER .. "/port"):match "%d+"

-- A connection to a cluster that answers by this script.
local count = 0
local function connect(script)
  count = count + 1
  local name = ("case-%d"):format(count)
  shell.write(("%s/%s.script"):format(FOLDER, name), script)
  shell.write(("%s/%s.config"):format(FOLDER, name), ([[
clusters: [{name: k, cluster: {server: "http://127.0.0.1:%s/%s"}}]
users: [{name: u, user: {token: good-token}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
]]):format(port, name))
  local all = clusters.new { kubeconfig = ("%s/%s.config"):format(FOLDER, name), note = function() end }
  all:prepare "c"
  return all:connection "c", ("%s/%s.log"):format(FOLDER, name)
end

local function log_of(path) return shell.exists(path) and shell.read(path) or "" end

local function count_of(text, word)
  local n = 0
  for _ in text:gmatch((word:gsub("%W", "%%%0"))) do n = n + 1 end
  return n
end

-- --- what servers say

local function pod(name, version, more)
  return ('{"metadata":{"name":"%s","namespace":"n","uid":"u-%s","resourceVersion":"%s"}%s}'):format(name, name, version, more or "")
end

local function pods(version, token, ...)
  return ('{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"%s","continue":"%s"},"items":[%s]}'):format(version, token,
    table.concat({ ... }, ","))
end

local function event(kind, object) return ('| {"type":"%s","object":%s}'):format(kind, object) end

local GONE = '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}'
local BOOKMARK = '{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"%s"}}'

local LIST, WATCH = "> GET /api/v1/pods limit=500 !watch", "> GET /api/v1/pods watch=true"

-- Watches until so many things were told. Returns them as words, one each, and the connection.
local function watched(script, wanted)
  local self, log = connect(script)
  local told = {}
  local function tell(word) told[#told + 1] = word end
  local watcher = watch.start(self, { path = "/api/v1/pods" }, {
    state = function(object) tell(object.metadata.name .. object.metadata.resourceVersion) end,
    gone = function(object) tell("-" .. object.metadata.name) end,
    ready = function() tell "ready" end, trouble = function() tell "trouble" end, fine = function() tell "fine" end,
  })
  self.loop:wait(function() return #told >= wanted end, loop.now() + PATIENCE)
  self.loop:sleep(150) -- for what is told once too often
  watcher:stop()
  return table.concat(told, " "), log_of(log)
end

-- A script: each of its lines, or lists of lines, on a line of its own.
local function script(...) return table.concat({ ... }, "\n") .. "\n" end

local HANG = "~ 3000"

-- --- cases

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("a list of three pages", function()
  local self, log = connect(script(LIST .. " !continue", 200, "| " .. pods("7", "t1", pod("a", 1), pod("b", 2)),
    LIST .. " continue=t1", 200, "| " .. pods("7", "t2", pod("c", 3)), LIST .. " continue=t2", 200, "| " .. pods("7", "", pod("d", 4))))
  local objects, version = list.all(self, "/api/v1/pods")
  suite.equal(#objects, 4)
  suite.equal({ version, objects[4].metadata.name, objects[4].kind, objects[4].apiVersion }, { "7", "d", "Pod", "v1" })
  suite.equal(count_of(log_of(log), "GET "), 3)
end)

case("a list that is forgotten in the middle begins anew", function()
  local self = connect(script(LIST .. " !continue", 200, "| " .. pods("7", "t1", pod("a", 1)), LIST .. " continue=t1", 410, "| " .. GONE,
    LIST .. " !continue", 200, "| " .. pods("9", "t2", pod("a", 1)), LIST .. " continue=t2", 200, "| " .. pods("9", "", pod("b", 2))))
  local objects, version = list.all(self, "/api/v1/pods")
  suite.equal({ #objects, version }, { 2, "9" })
end)

case("a list that is forgotten each time is asked for as a whole", function()
  local self, log = connect(script(">" .. LIST .. " !continue", 200, "| " .. pods("7", "t1", pod("a", 1)), ">" .. LIST .. " continue=t1",
    410,
    "| " .. GONE, "> GET /api/v1/pods !limit !continue", 200, "| " .. pods("9", "", pod("a", 1), pod("b", 2))))
  local objects = list.all(self, "/api/v1/pods")
  suite.equal(#objects, 2)
  suite.equal(count_of(log_of(log), "limit=500"), 4)
end)

case("a watch tells what there is, and what becomes of it", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", "", pod("a", 1), pod("b", 2)), WATCH .. " resourceVersion=5", 200,
    event("MODIFIED", pod("a", 6)), event("DELETED", pod("b", 7)), event("ADDED", pod("c", 8)), HANG), 6), "a1 b2 ready a6 -b c8")
end)

case("a stream that ends goes on from the last event", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", ""), WATCH .. " resourceVersion=5", 200, event("ADDED", pod("a", 6)),
    WATCH .. " resourceVersion=6", 200, event("MODIFIED", pod("a", 7)), HANG), 3), "ready a6 a7")
end)

case("a stream that breaks off in the middle of a line", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", ""), WATCH .. " resourceVersion=5", 200, event("ADDED", pod("a", 6)),
    '^ {"type":"MODIFIED","object":{"metadata":{"na', "cut", WATCH .. " resourceVersion=6", 200, event("MODIFIED", pod("a", 7)), HANG), 3),
    "ready a6 a7")
end)

case("a line that comes in pieces is one event", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", ""), WATCH, 200, '^ {"type":"ADDED","object":{"metadata":{"na', "~ 80",
    '^ me":"a","namespace":"n","uid":"u-a",', "~ 80", '| "resourceVersion":"6"}}}', HANG), 2), "ready a6")
end)

case("bookmarks move the version on", function()
  local told, log = watched(script(LIST, 200, "| " .. pods("5", ""), WATCH .. " resourceVersion=5", 200, event("BOOKMARK",
    BOOKMARK:format(40)),
    WATCH .. " resourceVersion=40", 200, event("ADDED", pod("a", 41)), HANG), 2)
  suite.equal(told, "ready a41")
  suite.equal(count_of(log, "allowWatchBookmarks=true"), 2)
end)

case("410 at the beginning of a stream: what has changed is told, and nothing else", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", "", pod("a", 1), pod("b", 2), pod("c", 3)), WATCH .. " resourceVersion=5", 410,
    "| " .. GONE, LIST, 200, "| " .. pods("50", "", pod("a", 1), pod("c", 48), pod("d", 49)), WATCH .. " resourceVersion=50", 200,
    event("MODIFIED", pod("d", 51)), HANG), 8), "a1 b2 c3 ready -b c48 d49 d51")
end)

case("410 as an event of a stream", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", "", pod("a", 1)), WATCH .. " resourceVersion=5", 200, event("MODIFIED", pod("a",
    6)),
    event("ERROR", GONE), LIST, 200, "| " .. pods("50", "", pod("a", 49)), WATCH .. " resourceVersion=50", 200, HANG), 4),
      "a1 ready a6 a49")
end)

case("an event that comes again is told once", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", "", pod("a", 1)), WATCH, 200, event("ADDED", pod("a", 1)),
    event("MODIFIED", pod("a", 6)), event("MODIFIED", pod("a", 6)), HANG), 3), "a1 ready a6")
end)

case("another object of the same name is another object", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", "", pod("a", 1)), WATCH .. " resourceVersion=5", 410, "| " .. GONE, LIST, 200,
    "| " .. pods("50", "", (pod("a", 49):gsub("u%-a", "u-z"))), WATCH .. " resourceVersion=50", 200, HANG), 4), "a1 ready -a a49")
end)

case("streams that only close are asked for less and less often", function()
  local self, log = connect(script(LIST, 200, "| " .. pods("5", ""), ">" .. WATCH, 200))
  local watcher = watch.start(self, { path = "/api/v1/pods" }, { state = function() end })
  self.loop:sleep(1500)
  watcher:stop()
  local asked = count_of(log_of(log), "watch=true")
  suite.equal(asked >= 2 and asked <= 8, true, ("%d streams in 1.5 s"):format(asked))
end)

case("nothing is asked while nothing happens", function()
  local self, log = connect(script(LIST, 200, "| " .. pods("5", "", pod("a", 1)), WATCH, 200, event("BOOKMARK", BOOKMARK:format(6)), HANG))
  local watcher = watch.start(self, { path = "/api/v1/pods" }, { state = function() end })
  self.loop:sleep(2000)
  watcher:stop()
  suite.equal(count_of(log_of(log), "GET "), 2)
end)

case("an event is told at once", function()
  local self = connect(script(LIST, 200, "| " .. pods("5", ""), WATCH, 200, "~ 700", event("ADDED", pod("a", 6)), HANG))
  local told
  local watcher = watch.start(self, { path = "/api/v1/pods" }, { state = function() told = loop.now() end })
  self.loop:wait(function() return watcher.call end, loop.now() + PATIENCE)
  local began = loop.now()
  self.loop:wait(function() return told end, loop.now() + PATIENCE)
  watcher:stop()
  suite.equal(told - began < 1000, true, ("%d ms after the stream began"):format(told - began)) -- 300 ms after it was sent
end)

case("a server that is away comes back, and nothing is lost", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", ""), WATCH .. " resourceVersion=5", 200, event("ADDED", pod("a", 6)), "cut",
    "down 600",
    WATCH .. " resourceVersion=6", 200, event("MODIFIED", pod("a", 7)), HANG), 5), "ready a6 trouble fine a7")
end)

case("a server that is away when it is to be listed again", function()
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", ""), WATCH .. " resourceVersion=5", 410, "| " .. GONE, "down 2500",
    LIST, 200, "| " .. pods("9", "", pod("a", 8)), WATCH .. " resourceVersion=9", 200, HANG), 4), "ready trouble fine a8")
end)

case("a server that asks to wait is not asked before that", function()
  local began = loop.now()
  local told, log = watched(script(LIST, 200, "| " .. pods("5", ""), WATCH, 429, "retry-after: 1", "| {}", WATCH, 200,
    event("ADDED", pod("a", 6)), HANG), 4)
  suite.equal(told, "ready trouble fine a6")
  suite.equal(count_of(log, "watch=true"), 2)
  suite.equal(loop.now() - began >= 1000, true)
end)

case("an event of more than one piece of the buffer", function()
  local wide = (', "x": "%s"'):format(("x"):rep(300000))
  suite.equal(watched(script(LIST, 200, "| " .. pods("5", ""), WATCH, 200, event("ADDED", pod("a", 6, wide)), event("MODIFIED", pod("a", 7,
    wide)),
    HANG), 3), "ready a6 a7")
end)

-- What a function raises, as a diagnostic.
local function raised(f, ...)
  local ok, d = diag.catch(f, ...)
  if ok then error("nothing was raised", 2) end
  return d
end

case("a watch that is forbidden ends with who may not do what", function()
  local self = connect(script(LIST, 200, "| " .. pods("5", ""), WATCH, 403,
    '| {"kind":"Status","message":"pods is forbidden: User \\"eve\\" cannot watch resource \\"pods\\"","reason":"Forbidden","code":403}'))
  watch.start(self, { path = "/api/v1/pods" }, { state = function() end })
  local d = raised(self.loop.sleep, self.loop, PATIENCE)
  suite.equal(d.message:find('403 Forbidden: pods is forbidden: User "eve" cannot watch resource "pods"', 1, true) ~= nil, true, d.message)
end)

-- --- requests

case("429 with Retry-After holds up every request, from one budget", function()
  local self, log = connect(script(">> GET /api/v1/slow", 429, "retry-after: 25", '| {"kind":"Status","message":"wait","code":429}',
    "> GET /api/v1/x", 429, "retry-after: 1", "| {}", "> GET /api/v1/x", 200, '| {"kind":"X"}', ">> GET /api/v1/y", 200, '| {"kind":"Y"}'))
  local began, first, second = loop.now(), nil, nil
  self.loop:spawn(function() first = self:get "/api/v1/x" end)
  self.loop:wait(function() return log_of(log):find "/x" end)
  self.loop:sleep(100)
  self.loop:spawn(function() second = self:get "/api/v1/y" end)
  self.loop:wait(function() return first and second end, loop.now() + PATIENCE)
  suite.equal({ first.kind, count_of(log_of(log), "\n") }, { "X", 3 })
  suite.equal(loop.now() - began >= 1000, true)
  self.budget = 20000
  local d = raised(self.get, self, "/api/v1/slow")
  suite.equal(d.message:find("429", 1, true) ~= nil and d.hint:find "overloaded" ~= nil, true, d.message)
end)

case("a GET is tried again, a POST is not", function()
  local self, log = connect(script("> GET /api/v1/x", 503, "| {}", "> GET /api/v1/x", 200, "cut", "> GET /api/v1/x", 200, '| {"kind":"X"}',
    ">> POST /api/v1/x", 503, "| {}"))
  suite.equal(self:get("/api/v1/x").kind, "X")
  suite.equal(self:request({ method = "POST", path = "/api/v1/x", body = "{}" }).status, 503)
  suite.equal(count_of(log_of(log), "POST"), 1)
end)

case("nobody there", function()
  local self = connect ""
  self.settings.origin = "http://127.0.0.1:1"
  local d = raised(self.get, self, "/api/v1/x")
  suite.equal(d.message:find("context c: GET http://127.0.0.1:1/", 1, true) ~= nil, true, d.message)
  suite.equal(d.hint:find "is the cluster up" ~= nil, true)
end)

-- --- applying

local KINDS = script(">> GET /api/v1", 200, '| {"resources":[{"name":"configmaps","kind":"ConfigMap","namespaced":true}]}')
local function config() return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "n" }, data = { x = "1" } } end

case("a conflict names the manager and the field", function()
  local self, log = connect(KINDS .. script("> PATCH /api/v1/namespaces/n/configmaps/a fieldManager=moonstep !force", 409,
    '| {"kind":"Status","status":"Failure","message":"Apply failed with 1 conflict","reason":"Conflict","code":409,"details":{"causes":['
      .. '{"reason":"FieldManagerConflict","message":"conflict with \\"helm\\" using v1","field":".data.x"}]}}',
    "> PATCH /api/v1/namespaces/n/configmaps/a force=true dryRun=All", 200, '| {"kind":"ConfigMap","metadata":{}}'))
  local d = raised(apply.send, self, config(), {})
  suite.equal(d.message:find(".data.x (helm)", 1, true) ~= nil, true, d.message)
  suite.equal(d.hint:find("--force-conflicts", 1, true) ~= nil, true)
  apply.send(self, config(), { force = true, dry = true })
  suite.equal(log_of(log):find("fieldManager=moonstep", 1, true) ~= nil, true)
end)

case("an immutable field is said as such", function()
  local self = connect(KINDS .. script("> PATCH /api/v1/namespaces/n/configmaps/a", 422,
    '| {"kind":"Status","message":"Job.batch \\"a\\" is invalid: spec.template: field is immutable","reason":"Invalid","code":422}'))
  local d = raised(apply.send, self, config(), {})
  suite.equal(d.hint and d.hint:find("delete it first", 1, true) ~= nil, true, d.message)
end)

case("a status that others change too", function()
  local self, log = connect(KINDS .. script("> GET /api/v1/namespaces/n/configmaps/a", 200, "| " .. pod("a", 1),
    "> PATCH /api/v1/namespaces/n/configmaps/a/status", 409, '| {"kind":"Status","reason":"Conflict","code":409,"message":"modified"}',
    "> GET /api/v1/namespaces/n/configmaps/a", 200, "| " .. pod("a", 2), "> PATCH /api/v1/namespaces/n/configmaps/a/status", 200,
    "| " .. pod("a", 3)))
  local seen = {}
  local object = status.patch(self, { apiVersion = "v1", kind = "ConfigMap", namespace = "n", name = "a" }, function(object)
    seen[#seen + 1] = object.metadata.resourceVersion
    return { status = { phase = "Done" } }
  end)
  suite.equal({ seen, object.metadata.resourceVersion }, { { "1", "2" }, "3" })
  suite.equal(log_of(log):find('"resourceVersion":"2"', 1, true) ~= nil, true)
end)

case("the last warning of an object", function()
  local function item(time, kind, words)
    return ('{"type":"%s","reason":"R","message":"%s","lastTimestamp":%s,"metadata":{}}'):format(kind, words, time)
  end
  local self = connect(script("> GET /api/v1/namespaces/n/events involvedObject.uid%3Du-a", 200, '| {"kind":"EventList","items":['
    .. item('"2027-01-01T00:00:03Z"', "Normal", "fine") .. "," .. item('"2027-01-01T00:00:02Z"', "Warning", "second") .. ","
    .. item('"2027-01-01T00:00:01Z"', "Warning", "first") .. "]}"))
  suite.equal(events.warning(self, { { metadata = { namespace = "n", uid = "u-a" } } }).message, "second")
end)

-- --- logs

local LOG = "> GET /api/v1/namespaces/n/pods/p/log timestamps=true follow=true container=c"
local function at(fraction, text) return ("| 2027-01-01T00:00:01%sZ %s"):format(fraction, text) end

-- Follows a log; over() says when the container has ended.
local function followed(text, over)
  local self, log = connect(text)
  local lines, began = {}, loop.now()
  local log_of_c = logs.follow(self, { namespace = "n", pod = "p", container = "c", is_over = function() return over(lines, began) end },
    function(line) lines[#lines + 1] = line end, function(message) lines[#lines + 1] = message end)
  self.loop:wait(function() return log_of_c.task.ended end, loop.now() + PATIENCE)
  suite.equal(log_of_c.task.ended, true, "still followed, after " .. table.concat(lines, "|"))
  return table.concat(lines, "|"), log_of(log)
end

local function at_once() return true end

case("a log to its end", function()
  suite.equal(followed(script(LOG, 200, at("", "one"), at(".5", "two"), at(".51", ""), at(".6", " x ")), at_once), "one|two|| x ")
end)

case("a log that is cut off by a rotation goes on, and no line comes twice", function()
  local text, log = followed(script(LOG .. " !sinceTime", 200, at(".1", "one"), at(".2", "two"), at(".2", "two"),
    LOG .. " sinceTime=2027-01-01T00%3A00%3A01Z", 200, at(".1", "one"), at(".2", "two"), at(".2", "two"), at(".2", "two"), at(".3",
      "three"),
    LOG .. " sinceTime=2027", 200, at(".3", "three")), function(lines) return lines[5] ~= nil end)
  suite.equal(text, "one|two|two|two|three")
  suite.equal(count_of(log, "sinceTime"), 2)
end)

case("a log whose connection breaks in the middle of a line", function()
  suite.equal(followed(script(LOG, 200, at(".1", "one"), "^ 2027-01-01T00:00:01.2Z tw", "cut", LOG .. " sinceTime", 200, at(".1", "one"),
    at(".2", "two"), LOG, 200), function(lines) return lines[2] ~= nil end), "one|two")
end)

case("a last line without an end", function()
  suite.equal(followed(script(LOG, 200, at(".1", "one"), "^ 2027-01-01T00:00:01.2Z two"), at_once), "one|two")
end)

case("a line that is longer than a piece", function()
  local long = ("x"):rep(150000)
  local text = followed(script(LOG, 200, at(".1", long), at(".2", "two")), at_once)
  suite.equal({ #text:gsub("|", ""), text:sub(-4), count_of(text, "|") }, { 150003, "|two", 3 })
end)

-- Numbers, so that it shows which bytes are missing or come twice.
local function long_line(size)
  local parts = {}
  for i = 1, size // 8 do parts[i] = ("%07d "):format(i) end
  return table.concat(parts)
end

case("a long line does not come again with the last line behind it", function()
  local long = long_line(200000)
  local text = followed(script(LOG, 200, at(".1", long), at(".2", "two"), LOG .. " sinceTime", 200, at(".1", long), at(".2", "two")),
    function(_, began) return loop.now() - began > 300 end)
  suite.equal((text:gsub("|", "")) == long .. "two", true, #text)
end)

case("a long line that breaks off goes on where it was", function()
  local long = long_line(200000)
  local text = followed(script(LOG, 200, "^ 2027-01-01T00:00:01.1Z " .. long:sub(1, 140000), "cut", LOG .. " sinceTime", 200,
    at(".1", long), at(".2", "two"), LOG, 200), function(lines) return lines[#lines] == "two" end)
  suite.equal((text:gsub("|", "")) == long .. "two", true, #text)
end)

case("times before the pieces of a long line are none of it", function()
  local long, pieces = long_line(300000), {}
  for from = 1, #long, 16384 do pieces[#pieces + 1] = long:sub(from, from + 16383) end
  local text = followed(script(LOG, 200, at(".1", table.concat(pieces, "2027-01-01T00:00:01.123456789Z ")), at(".2", "two")), at_once)
  suite.equal((text:gsub("|", "")) == long .. "two", true, #text)
end)

case("a container that has not started yet", function()
  suite.equal(followed(script(LOG, 400, '| {"kind":"Status","message":"container is waiting to start","code":400}', LOG, 200, at(".1",
    "one"),
    LOG, 200), function(_, began) return loop.now() - began > 400 end), "one")
end)

case("a log that may not be read", function()
  local text = followed(script(LOG, 403, '| {"kind":"Status","message":"pods \\"p\\" is forbidden","code":403}'), at_once)
  suite.equal(text:find("403 Forbidden", 1, true) ~= nil, true, text)
end)

case("a Pod that is gone", function() suite.equal(followed(script(LOG, 404, '| {"kind":"Status","code":404,"message":"no"}'), at_once),
  "") end)

case("a server that is away while a log is read", function()
  suite.equal(followed(script(LOG, 200, at(".1", "one"), "cut", "down 500", LOG .. " sinceTime", 200, at(".1", "one"), at(".9", "two"),
    LOG, 200), function(lines) return lines[2] ~= nil end), "one|two")
end)

case("of a Job that nobody follows any more, nothing is kept", function()
  local ROOT = "/namespaces/n/"
  local of_pod = ',"ownerReferences":[{"kind":"Job","name":"%s","uid":"u-%s"}]}}'
  local function owned(name) return (pod(name .. "-x", 6):gsub("}}$", of_pod:format(name, name))) end
  local self = connect(script("> GET /apis/batch/v1" .. ROOT .. "jobs !watch", 200, "| " .. pods("5", "", pod("a", 1), pod("b", 2)),
    "> GET /apis/batch/v1" .. ROOT .. "jobs watch=true", 200, HANG, "> GET /api/v1" .. ROOT .. "pods !watch", 200,
    "| " .. pods("5", "", owned "a", owned "b"), "> GET /api/v1" .. ROOT .. "pods watch=true", 200, HANG))
  local source, told = watches.shared(self, "batch=x"), 0
  local function tell() told = told + 1 end
  source:expect("n", "a")
  source:expect("n", "b")
  local function of(name) return { metadata = { namespace = "n", name = name, uid = "u-" .. name } } end
  for _, name in ipairs { "a", "b" } do source:follow(of(name), { job = tell, pod = tell, ready = tell }, true) end
  self.loop:wait(function() return told == 8 end, loop.now() + PATIENCE)
  source:forget("n", "a")
  local kept = {}
  for i, watcher in ipairs(source.rooms.n.watchers) do kept[i] = table.concat(value.keys(watcher.told), " ") end
  source:stop()
  suite.equal(kept, { "n/b/u-b", "n/b-x/u-b-x" })
end)

case("a cluster that stays away is no end of one Job", function()
  local function ignore() end
  local self = { loop = { wait = ignore }, raise = function(_, message) diag.raise { rule = "kube", message = message } end }
  local source = { follow = function(_, _, on)
    on.ready()
    on.trouble "no connection"
    return { stop = ignore }
  end }
  local job = { kind = "Job", metadata = { namespace = "n", name = "j" }, spec = { template = { spec = {} } } }
  local time, now = 0, loop.now
  loop.now = function()
    time = time + 60000
    return time
  end
  local done, why = pcall(follow.job, self, job, { say = ignore, tick = ignore }, { source = source, start_timeout = 1 })
  loop.now = now
  suite.equal({ done, why.whole, why.message }, { false, true,
    "the cluster could not be asked for 600 s, and nobody knows how Job n/j goes on" })
end)

local ok = suite.run("streams of a cluster", tests)
server:close()
return ok
