-- The provider `etcd` against etcd itself, with authentication off and on, and against prepared answers: etcd.lua SERVER.
--
-- etcd listens on free ports of loopback and ends with this program, however that ends: its shell waits for the end of a pipe.
local asked = dofile "tests/providers/asked.lua"
local base64 = require "base.base64"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local SERVER = assert(..., "etcd.lua SERVER")
local site = asked.site

-- --- etcd

-- Returns the pipe that keeps it alive and its port; nil when the ports were taken.
local function try_etcd(port)
  site.sh "rm -rf data log"
  local pipe = assert(io.popen(([[cd %s && { etcd --data-dir data --listen-client-urls http://127.0.0.1:%d --advertise-client-urls \
    http://127.0.0.1:%d --listen-peer-urls http://127.0.0.1:%d --initial-advertise-peer-urls http://127.0.0.1:%d \
    --initial-cluster default=http://127.0.0.1:%d >log 2>&1 & cat >/dev/null; kill $!; wait $!; } 2>/dev/null]]):format(
    shell.quote(site.folder), port, port, port + 1, port + 1, port + 1), "w"))
  for _ = 1, 200 do
    local log = shell.exists(site.folder .. "/log") and shell.read(site.folder .. "/log") or ""
    if log:find("ready to serve client requests", 1, true) then return pipe end
    if log:find("address already in use", 1, true) then break end
    os.execute "sleep 0.05"
  end
  pipe:close()
end

local function start_etcd()
  for _ = 1, 5 do
    local port = 20000 + 2 * math.random(0, 5000)
    local pipe = try_etcd(port)
    if pipe then return pipe, port end
  end
  error("etcd does not start:\n" .. shell.read(site.folder .. "/log"), 0)
end

-- Tells etcd something, by a script of the site: { path, body as a Lua table }, …
local function tell(port, requests)
  local lines = {}
  for _, request in ipairs(requests) do
    lines[#lines + 1] = ('http.post("http://localhost:%d/v3/%s", { json = %s })'):format(port, request[1], request[2])
  end
  site.write("tell.lua", ('template "tell" { summary = "s", render = function()\n%s\nreturn { apiVersion = "v1", kind = "Pod", metadata = '
    .. '{ name = "p" } } end }'):format(table.concat(lines, "\n")))
  site.write("task.yaml", 'apiVersion: stash.appscode.com/v1beta1\nkind: Task\nmetadata: {name: t}\nspec: {steps: []}\n')
  site.sh(("env -u http_proxy %s render -f task.yaml --task t --config /dev/null --script tell.lua --template tell "
    .. "--grant http=http://localhost:%d@127.0.0.1 >/dev/null"):format(site.tool, port))
end

local function put(key, bytes)
  return { "kv/put", ("{ key = %q, value = %q }"):format(base64.encode(key), base64.encode(bytes)) }
end

-- --- rows

local ETCD = 'url: "http://localhost:@etcd@/", range: 127.0.0.0/8'
local PREFIX = ETCD .. ', prefix: "/db/{TARGET_NAMESPACE}/{TARGET_NAME}/"'
local COLUMNS = PREFIX .. ", columns: {X: host, W: port}"
local BY_BOB = COLUMNS .. ", user: bob, password_env: PASSWORD"
local RANGE = "POST http://localhost:@etcd@/v3/kv/range for the key "

local KEYS = { put("/db/shop/orders/host", "orders.db"), put("/db/shop/orders/port", "5432"), put("/db/shop/orders/DB_NAME", "ä\n"),
  put("/db/shop/orders/empty", ""), put("/db/shop/orders/bytes", "\255\254"), put("/db/shop/orders/nul", "a\0b"), put("other", "x"),
  put("/db/shop/orders/secret", "hush-hush"), put("/db/shop/orders/large", ("x"):rep(300000)) }

-- As long as anybody may read.
local OPEN = {
  { "a key", COLUMNS, {}, want = "orders.db" },
  { "two keys", COLUMNS, {}, ask = { "X", "W", "X" }, want = { "orders.db", "5432", "orders.db" } },
  { "keys of the variables' names", PREFIX .. ', names: ["DB_*"]', {}, ask = { "DB_NAME", "DB_OTHER", "X" }, want = { "ä\n", "(none)",
    "(none)" } },
  { "no prefix", ETCD .. ", columns: {X: other}", {}, want = "x" },
  { "an empty value", PREFIX .. ", columns: {X: empty}", {}, want = "" },
  { "a long value", PREFIX .. ", columns: {X: large}", {}, want = ("x"):rep(300000) },
  { "no key", PREFIX .. ", columns: {X: nowhere}", {}, want = "(none)" },
  { "the beginning of keys", ETCD .. ", columns: {X: /db/shop/orders/}", {}, want = "(none)" },
  { "no key where one must be", PREFIX .. ", columns: {X: nowhere}, missing: error", {},
    fails = RANGE .. "/db/shop/orders/nowhere: there is no such key" },
  { "bytes", PREFIX .. ", columns: {X: bytes}", {}, fails = RANGE .. "/db/shop/orders/bytes: its value is no text" },
  { "a NUL", PREFIX .. ", columns: {X: nul}", {}, fails = "/db/shop/orders/nul: its value is no text" },
  { "a secret", PREFIX .. ", columns: {X: secret}, secret: [X]", {}, want = "hush-hush" },
  { "a secret elsewhere", PREFIX .. ", columns: {X: secret}, secret: [X]", {}, direct = true, hidden = "hush-hush", elsewhere = true,
    fails = "X (provider etcd) is secret and must not stand in a Job" },
  { "a name with a slash", COLUMNS, {}, set = { TARGET_NAMESPACE = "shop", TARGET_NAME = "../.." },
    fails = 'prefix has {TARGET_NAME}, which is "../.." here and would lead elsewhere' },
  { "an empty key", ETCD .. ', columns: {X: ""}', {}, fails = RANGE .. ": it answered 400: etcdserver: key is not provided" },
  { "a user where nobody needs one", BY_BOB, {}, environment = "PASSWORD=hush-hush", hidden = "hush-hush",
    fails = "POST http://localhost:@etcd@/v3/auth/authenticate: no login as bob: etcdserver: authentication is not enabled" },
  { "TLS to who has none", COLUMNS:gsub("http://", "https://"), {},
    fails = "POST https://localhost:@etcd@/v3/kv/range: no TLS connection" },
}

local AUTHENTICATION = {
  { "auth/user/add", '{ name = "root", password = "r" }' }, { "auth/role/add", '{ name = "root" }' },
  { "auth/user/grant", '{ user = "root", role = "root" }' }, { "auth/user/add", '{ name = "bob", password = "hush-hush" }' },
  { "auth/role/add", '{ name = "db" }' }, { "auth/role/grant",
    ('{ name = "db", perm = { permType = "READ", key = %q, range_end = %q } }'):format(
    base64.encode "/db/", base64.encode "/db0") },
  { "auth/user/grant", '{ user = "bob", role = "db" }' }, { "auth/enable", "{}" } }

-- As soon as etcd asks who it is.
local CLOSED = {
  { "a user", BY_BOB, {}, environment = "PASSWORD=hush-hush", ask = { "X", "W" }, want = { "orders.db", "5432" } },
  { "a user with a file", COLUMNS .. ", user: bob, password_file: password", {}, before = "echo hush-hush >password", want = "orders.db" },
  { "another password", BY_BOB, {}, environment = "PASSWORD=hush-1", hidden = "hush-1",
    fails = "POST http://localhost:@etcd@/v3/auth/authenticate: no login as bob: etcdserver: authentication failed, invalid user ID" },
  { "a key that is not theirs", ETCD .. ", columns: {X: other}, user: bob, password_env: PASSWORD", {}, environment = "PASSWORD=hush-hush",
    hidden = "hush-hush", fails = RANGE .. "other: it answered 403: etcdserver: permission denied" },
  { "nobody", COLUMNS, {}, fails = RANGE .. "/db/shop/orders/host: it answered 400: etcdserver: user name is empty; where authentication "
    .. "is on, user and password_env say who asks" },
}

local HERE = COLUMNS:gsub("http://localhost:@etcd@", "@url@")
local POST, URL = "POST v3/kv/range", "POST @url@/v3/kv/range"
local EXPIRED = '401 {"error": "etcdserver: invalid auth token", "code": 16}'

-- What etcd does not do for a test.
local PREPARED = {
  { "what is sent", HERE, { [POST] = '200 {"header": {}}' }, want = "(none)",
    asked = { "POST /prepared/v3/kv/range HTTP/1.1", '{"key":"L2RiL3Nob3Avb3JkZXJzL2hvc3Q="}' }, count = 1 },
  { "a token that ends is asked for again", HERE .. ", user: bob, password_env: P", { [POST] = EXPIRED,
    ["POST v3/auth/authenticate"] = '200 {"token": "hush-token.1"}' }, environment = "P=hush-hush", count = 7, hidden = { "hush-token",
      "hush-hush" },
    options = "--script both.lua --template both", before = [[echo 'template "both" { summary = "s", render = function(ctx)
      pcall(ctx.variable, ctx, "W") ctx:variable "X" end }' >both.lua]],
    asked = { '{"name":"bob","password":"hush-hush"}', "authorization: hush-token.1", "authorization: hush-token.1" },
    fails = URL .. " for the key /db/shop/orders/host: it answered 401: etcdserver: invalid auth token" },
  { "a login without token", HERE .. ", user: bob, password_env: P", { ["POST v3/auth/authenticate"] = '200 {"header": {}}' },
    environment = "P=x",
    fails = "POST @url@/v3/auth/authenticate: no login as bob: its answer holds no token" },
  { "no leader", HERE, { [POST] = '503 {"error": "etcdserver: no leader"}' }, fails = URL .. ": it answered 503 Service Unavailable" },
  { "no JSON", HERE, { [POST] = "200 <html>" }, fails = URL .. ": the answer is no JSON" },
  { "other JSON", HERE, { [POST] = '200 {"kvs": []}' }, fails = ": the answer is not that of etcd" },
  { "no Base64", HERE, { [POST] = '200 {"header": {}, "kvs": [{"value": "?"}]}' }, fails = "its value is no Base64" },
  { "half of an answer", HERE, { [POST] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" }, fails = URL
    .. ": the answer broke off half-way" },
  { "not the gateway", HERE, {}, fails = URL .. ": it answered 404 Not Found" },
  { "a user without a password", HERE .. ", user: bob", {}, fails = "user needs password_env or password_file", count = 0 },
  { "neither names nor columns", ETCD, {}, elsewhere = true,
    fails = "the provider etcd needs names: [VARIABLE] or columns: {VARIABLE: key}" },
}

-- Many targets at once.
local CROWD = {
  { "one login for all targets", function()
    asked.site.write("password", "hush-hush\n")
    local targets, settings = {}, HERE .. ", user: bob, password_file: password"
    for i = 1, 20 do targets[i] = "t" .. i end
    local out, err, status = asked.batch("etcd", settings, { ["POST v3/auth/authenticate"] = '200 {"token": "hush-token.1"}',
      [POST] = '200 {"header": {}, "kvs": [{"value": "MQ=="}]}' }, targets, "")
    suite.equal(status, 0, err)
    suite.equal(select(2, out:gsub('"1 1"', "")), 20)
    suite.equal(asked.count(), 41) -- two keys each
  end },
}

-- --- all of it

local function run_all()
  local etcd, port = start_etcd()
  asked.name("etcd", tostring(port))
  local ok, why = pcall(function()
    tell(port, KEYS)
    local passed = suite.run("providers: etcd", asked.tests("etcd", OPEN))
    tell(port, AUTHENTICATION)
    passed = suite.run("providers: etcd with authentication", asked.tests("etcd", CLOSED)) and passed
    passed = suite.run("providers: etcd, prepared", asked.tests("etcd", PREPARED)) and passed
    return suite.run("providers: etcd, many targets", CROWD) and passed
  end)
  etcd:close()
  return ok and why or error(why, 0)
end

asked.start(SERVER)
local ok, passed = pcall(run_all)
asked.stop()
return ok and passed or error(passed, 0)
