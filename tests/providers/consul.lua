-- The provider `consul` against prepared answers, which are those of Consul's API documentation: consul.lua SERVER.
local asked = dofile "tests/providers/asked.lua"
local base64 = require "base.base64"
local suite = dofile "tests/lib/suite.lua"

local SERVER = assert(..., "consul.lua SERVER")

local HERE = 'url: "@url@/", range: 127.0.0.0/8, prefix: "db/{TARGET_NAMESPACE}/{TARGET_NAME}/"'
local COLUMNS = HERE .. ", columns: {X: host, W: port}"
local READ, URL = "GET v1/kv/db/shop/orders/host", "GET @url@/v1/kv/db/shop/orders/host: "

local function kept(key, bytes)
  return "200 " .. asked.json { { LockIndex = 0, Key = key, Flags = 0, Value = bytes and base64.encode(bytes), CreateIndex = 1,
    ModifyIndex = 2 } }
end
local HOST = { [READ] = kept("db/shop/orders/host", "orders.db") }

local ROWS = {
  { "a key", COLUMNS, HOST, want = "orders.db", count = 1, asked = "GET /prepared/v1/kv/db/shop/orders/host HTTP/1.1" },
  { "two keys", COLUMNS, { [READ] = HOST[READ], ["GET v1/kv/db/shop/orders/port"] = kept("db/shop/orders/port", "5432") },
    ask = { "X", "W", "X" }, want = { "orders.db", "5432", "orders.db" }, count = 2 },
  { "keys of the variables' names", HERE .. ', names: ["DB_*"]', { ["GET v1/kv/db/shop/orders/DB_HOST"] = kept("db/shop/orders/DB_HOST",
    "h") },
    ask = { "DB_HOST", "X" }, want = { "h", "(none)" }, count = 1 },
  { "no prefix", 'url: "@url@", range: 127.0.0.0/8, names: [X]', { ["GET v1/kv/X"] = kept("X", "ä\n") }, want = "ä\n" },
  { "a key that is escaped", 'url: "@url@", range: 127.0.0.0/8, columns: {X: "a b/ü?"}', { ["GET v1/kv/a%20b/%C3%BC%3F"] = kept("a b/ü?",
    "v") },
    want = "v" },
  { "an empty value", COLUMNS, { [READ] = kept("db/shop/orders/host") }, want = "" },
  { "a token", COLUMNS .. ", token_env: CONSUL_HTTP_TOKEN", HOST, environment = "CONSUL_HTTP_TOKEN=hush-1", want = "orders.db",
    asked = "x-consul-token: hush-1", hidden = "hush-1" },
  { "a token of a file", COLUMNS .. ", token_file: token", HOST, before = "echo hush-2 >token", want = "orders.db",
    asked = "x-consul-token: hush-2" },
  { "a datacenter and a namespace", COLUMNS .. ", datacenter: dc2, namespace: team-a", HOST, want = "orders.db",
    asked = "GET /prepared/v1/kv/db/shop/orders/host?dc=dc2&ns=team-a HTTP/1.1" },
  { "a secret", COLUMNS .. ", secret: [X]", { [READ] = kept("db/shop/orders/host", "hush-hush") }, direct = true, hidden = "hush-hush",
    fails = "X (provider consul) is secret and must not stand in a Job", elsewhere = true },
  { "no key", COLUMNS, {}, want = "(none)" },
  { "no key where one must be", COLUMNS .. ", missing: error", {}, fails = URL .. "there is no such key" },
  { "a name with a slash", COLUMNS, {}, set = { TARGET_NAMESPACE = "shop", TARGET_NAME = "a/b" }, count = 0,
    fails = 'prefix has {TARGET_NAME}, which is "a/b" here and would lead elsewhere' },

  { "no permission", COLUMNS .. ", token_env: T", { [READ] = "403 Permission denied: token with AccessorID '5d' lacks permission" },
    environment = "T=hush-1", fails = URL .. "it answered 403 Forbidden: Permission denied: token with AccessorID '5d' lacks permission" },
  { "a token that is none", COLUMNS .. ", token_env: T", { [READ] = "403 ACL not found: hush-1" }, environment = "T=hush-1",
    hidden = "hush-1",
    fails = URL .. "it answered 403 Forbidden: ACL not found: ***" },
  { "a datacenter that is none", COLUMNS .. ", datacenter: dc9", { [READ] = "500 No path to datacenter" },
    fails = "GET @url@/v1/kv/db/shop/orders/host?dc=***: it answered 500 Internal Server Error: No path to datacenter" },
  { "no leader", COLUMNS, { [READ] = "503 No cluster leader" },
    fails = "it answered 503 Service Unavailable (tried 4 times): No cluster leader" },
  { "no JSON", COLUMNS, { [READ] = "200 <html>" }, fails = URL .. "the answer is no JSON" },
  { "other JSON", COLUMNS, { [READ] = '200 {"a": 1}' }, fails = URL .. "the answer is not that of Consul" },
  { "an empty list", COLUMNS, { [READ] = "200 []" }, fails = URL .. "the answer is not that of Consul" },
  { "another key", COLUMNS, { [READ] = kept("db/shop/orders", "x") }, fails = URL .. "the answer is not that of Consul" },
  { "no Base64", COLUMNS, { [READ] = '200 [{"Key": "db/shop/orders/host", "Value": "a"}]' }, fails = URL .. "its value is no Base64" },
  { "no text", COLUMNS, { [READ] = kept("db/shop/orders/host", "\255") }, fails = URL .. "its value is no text" },
  { "half of an answer", COLUMNS, { [READ] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[" },
    fails = URL .. "the answer broke off half-way (tried 4 times)" },
  { "neither names nor columns", HERE, {}, elsewhere = true, count = 0,
    fails = "the provider consul needs names: [VARIABLE] or columns: {VARIABLE: key}" },
}

asked.start(SERVER)
local ok, passed = pcall(suite.run, "providers: consul", asked.tests("consul", ROWS))
asked.stop()
return ok and passed or error(passed, 0)
