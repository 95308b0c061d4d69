-- The provider `http-json` against a server that answers as it is told, and against one that misbehaves: http_json.lua SERVER.
local asked = dofile "tests/providers/asked.lua"
local suite = dofile "tests/lib/suite.lua"

local SERVER = assert(..., "http_json.lua SERVER")

local HERE = 'url: "@url@/db/{TARGET_NAME}?ns={TARGET_NAMESPACE}", range: 127.0.0.0/8'
local COLUMNS = HERE .. ", columns: {X: /x, W: /y}"
local ORDERS = [[{"x": "one", "y": 2, "f": 2.5, "t": true, "n": null, "big": 12345678901234567890, "empty": "", "nul": "a\u0000b",
  "list": ["a", {"b": "c"}], "map": {"a/b": "slash", "m~n": "tilde", "": "nameless", "0": "zero", "a b": "space", "~1": "both"}}]]

-- A row that points at something in ORDERS.
local function points(at, want)
  local row = { "points at " .. at, ('%s, columns: {X: "%s"}'):format(HERE, at), { ["GET db/orders"] = "200 " .. ORDERS } }
  if type(want) == "table" then row.fails = want.fails else row.want = want end
  return row
end

-- A row in which the server does something that it should not.
local function misbehaves(how, words, more)
  local row = { how, ('url: "http://localhost:@plain@/%s?token=hush", range: 127.0.0.0/8, columns: {X: /x}'):format(how), {},
    fails = { "GET http://localhost:@plain@/" .. how .. "?token=***", table.unpack(words) }, hidden = "hush" }
  for k, v in pairs(more or {}) do row[k] = v end
  return row
end

local AS_BOB = HERE .. ", columns: {X: /x}, user: bob"

local ROWS = {
  -- what is asked for
  { "a target's variable", COLUMNS, { ["GET db/orders"] = "200 " .. ORDERS }, want = "one",
    asked = { "GET /prepared/db/orders?ns=shop HTTP/1.1" }, count = 1 },
  { "one request for all variables", COLUMNS, { ["GET db/orders"] = "200 " .. ORDERS }, ask = { "X", "W", "X" }, want = { "one", "2",
    "one" },
    count = 1 },
  { "also where the answer must not be kept", COLUMNS, { ["GET db/orders"] = "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n\r\n"
    .. ORDERS },
    ask = { "X", "W" }, want = { "one", "2" }, count = 1 },
  { "nobody's variable is not asked for", COLUMNS, {}, ask = "Z", want = "(none)", count = 0 },
  { "values are percent-encoded", COLUMNS, { ["GET db/a%20b%3F%23%25"] = "200 " .. ORDERS },
    set = { TARGET_NAME = "a b?#%", TARGET_NAMESPACE = "x/../y&z=ü" }, want = "one",
    asked = "GET /prepared/db/a%20b%3F%23%25?ns=x%2F..%2Fy%26z%3D%C3%BC HTTP/1.1" },
  { "a value with a slash", COLUMNS, {}, set = { TARGET_NAME = "a/b", TARGET_NAMESPACE = "n" },
    fails = 'url has {TARGET_NAME}, which is "a/b" here and would lead elsewhere', count = 0 },
  { "a value that leads upwards", COLUMNS, {}, set = { TARGET_NAME = "..", TARGET_NAMESPACE = "n" }, fails = "would lead elsewhere",
    count = 0 },
  { "an empty value", COLUMNS, {}, set = { TARGET_NAME = "", TARGET_NAMESPACE = "n" }, fails = "would lead elsewhere", count = 0 },
  { "no value", COLUMNS, {}, set = { TARGET_NAMESPACE = "n" }, count = 0,
    fails = "url needs TARGET_NAME, which has no value here; --set TARGET_NAME=… gives it one" },
  { "a value that is secret", COLUMNS .. "}\n  env: {names: [TARGET_NAME], secret: [TARGET_NAME]", {}, set = { TARGET_NAMESPACE = "n" },
    environment = "TARGET_NAME=hush-hush", fails = "url has {TARGET_NAME}, whose value is secret", hidden = "hush-hush", count = 0 },
  { "headers", COLUMNS .. ", headers: {X-Team: storage}", { ["GET db/orders"] = "200 " .. ORDERS }, want = "one",
    asked = "x-team: storage" },

  -- who asks
  { "a token of the environment", COLUMNS .. ", token_env: TOKEN", { ["GET db/orders"] = "200 " .. ORDERS }, environment = "TOKEN=hush-1",
    want = "one", asked = "authorization: Bearer hush-1" },
  { "a token of a file", COLUMNS .. ", token_file: token", { ["GET db/orders"] = "200 " .. ORDERS }, before = "echo hush-2 >token",
    want = "one",
    asked = "authorization: Bearer hush-2" },
  { "a header for it", COLUMNS .. ", token_env: TOKEN, token_header: X-Api-Key", { ["GET db/orders"] = "200 " .. ORDERS },
    environment = "TOKEN=hush-1", want = "one", asked = "x-api-key: hush-1" },
  { "a user", AS_BOB .. ", password_env: PASSWORD", { ["GET db/orders"] = "200 " .. ORDERS }, environment = "PASSWORD=hush-3", want = "one",
    asked = "authorization: Basic Ym9iOmh1c2gtMw==" },
  { "a variable that is not set", COLUMNS .. ", token_env: TOKEN", {}, environment = "-u TOKEN", count = 0,
    fails = "the environment variable TOKEN is not set, which token_env names" },
  { "a file that is not there", COLUMNS .. ", token_file: nowhere", {}, fails = "cannot read nowhere, which token_file names", count = 0 },
  { "a file that is empty", COLUMNS .. ", token_file: empty", {}, before = "echo >empty",
    fails = "empty is empty, which token_file names" },
  { "both", COLUMNS .. ", token_file: token, token_env: TOKEN", {}, fails = "token_env and token_file exclude each other", count = 0 },
  { "a user without a password", AS_BOB, {}, fails = "user needs password_env or password_file", count = 0 },
  { "a token that is refused", COLUMNS .. ", token_env: TOKEN", { ["GET db/orders"] = "401 the token hush-1 is not known" },
    environment = "TOKEN=hush-1", fails = "GET @url@/db/orders?ns=***: it answered 401 Unauthorized: the token *** is not known",
    hidden = { "hush-1", "shop" } },
  { "a token is nobody else's", COLUMNS .. ", token_env: TOKEN", {}, environment = "TOKEN=hush-1", ask = "X",
    options = "--script other.lua", before = [[echo 'provider "p" { summary = "s", variables = { "X" }, override = true,
      resolve = function() return env.get "TOKEN" end }' >other.lua]],
    fails = "environment variable TOKEN is not granted", elsewhere = true },
  { "nor is the server", COLUMNS, {}, options = "--script other.lua", before = [[echo 'provider "p" { summary = "s", variables = { "X" },
      override = true, resolve = function() return http.get("@url@/db/orders?ns=shop").body end }' >other.lua]],
    fails = "http://localhost:@plain@ is not granted", elsewhere = true, count = 0 },

  -- what is pointed at (RFC 6901)
  points("/x", "one"), points("/y", "2"), points("/f", "2.5"), points("/t", "true"), points("/n", "(none)"), points("/nothing", "(none)"),
  points("/empty", ""), points("/list/0", "a"), points("/list/1/b", "c"), points("/list/2", "(none)"), points("/list/-", "(none)"),
  points("/list/00", "(none)"), points("/list/+1", "(none)"), points("/list/x", "(none)"), points("/list/99999999999999999999", "(none)"),
  points("/map/a~1b", "slash"), points("/map/m~0n", "tilde"), points("/map/", "nameless"), points("/map/0", "zero"),
  points("/map/a b", "space"), points("/map/~01", "both"), points("/map/a/b", "(none)"), points("/x/0", "(none)"),
  points("/list", { fails = "GET @url@/db/orders?ns=***: /list of its answer is a list; a variable takes a string, number or boolean" }),
  points("/map", { fails = "/map of its answer is a map" }), points("", { fails = "the whole of its answer is a map" }),
  points("/big", { fails = "/big of its answer is a number with too many digits to be told exactly" }),
  points("/nul", { fails = "/nul of its answer is no text" }),
  { "an answer that is one value", HERE .. ', columns: {X: ""}', { ["GET db/orders"] = '200 "alone"' }, want = "alone" },
  { "an answer that is null", HERE .. ', columns: {X: ""}', { ["GET db/orders"] = "200 null" }, want = "(none)" },

  -- what is not there
  { "404", COLUMNS, {}, want = "(none)", count = 1 },
  { "404 is kept", COLUMNS, {}, ask = { "X", "W" }, want = { "(none)", "(none)" }, count = 1 },
  { "404 that must not be", COLUMNS .. ", missing: error", {}, fails = "GET @url@/db/orders?ns=***: it answered 404 Not Found" },
  { "nothing where something must be", HERE .. ", columns: {X: /a/b}, missing: error", { ["GET db/orders"] = "200 {}" },
    fails = "GET @url@/db/orders?ns=***: its answer has nothing at /a/b" },

  -- what goes wrong
  { "another status", COLUMNS, { ["GET db/orders"] = '500 {"error": "the database is away"}' },
    fails = 'GET @url@/db/orders?ns=***: it answered 500 Internal Server Error: {"error": "the database is away"}' },
  { "a failure is told once", COLUMNS, { ["GET db/orders"] = "403 no" }, ask = "X", count = 1,
    options = "--script both.lua --template both",
    before = [[echo 'template "both" { summary = "s", render = function(ctx)
      pcall(ctx.variable, ctx, "W") ctx:variable "X" end }' >both.lua]],
    fails = "GET @url@/db/orders?ns=*** has failed for this target, and is not asked again" },
  { "no JSON", COLUMNS, { ["GET db/orders"] = "200 <html>Sign in</html>" }, fails = "GET @url@/db/orders?ns=***: the answer is no JSON" },
  { "half of JSON", COLUMNS, { ["GET db/orders"] = '200 {"x": "on' }, fails = "GET @url@/db/orders?ns=***: the answer is no JSON: " },
  { "a key twice", COLUMNS, { ["GET db/orders"] = '200 {"x": 1, "x": 2}' }, fails = "the answer is no JSON: " },
  { "nothing at all", COLUMNS, { ["GET db/orders"] = "200" }, fails = "the answer is no JSON" },
  { "a redirect to a page to sign in", COLUMNS,
    { ["GET db/orders"] = "HTTP/1.1 302 Found\r\nLocation: https://sso.corp/\r\nContent-Length: 0\r\n\r\n" },
    fails = "GET https://sso.corp/: sso.corp:443 is not granted" },
  misbehaves("truncated", { "the answer broke off half-way (tried 4 times)" }),
  misbehaves("reset", { "the connection broke before the answer was there (tried 4 times)" }),
  misbehaves("endless", { "the answer has more than 8 MiB" }),
  misbehaves("drip", { "error[time-limit]: it took more than 0.5 s of wall clock, waiting for GET " }, { config = "limits: {wall: 500ms}",
    direct = true }),
  misbehaves("status/503", { "it answered 503 Service Unavailable (tried 4 times)" }),
  { "nobody listens", 'url: "http://localhost:1/", range: 127.0.0.0/8, columns: {X: /x}', {},
    fails = "GET http://localhost:1/: no connection: " },
  { "a name that leads nowhere", 'url: "https://nowhere.invalid/", columns: {X: /x}', {},
    fails = "GET https://nowhere.invalid/: the name nowhere.invalid leads nowhere (tried 4 times)" },
  { "no range", 'url: "http://localhost:@plain@/json", columns: {X: /x}', {},
    fails = { "GET http://localhost:@plain@/json: it leads to 127.0.0.1, "
    .. "which is not where it may be; range: 127.0.0.1 in the provider's settings allows that" } },
  { "a list of ranges", 'url: "http://localhost:@plain@/json", range: [10.0.0.0/8, 127.0.0.1], columns: {X: /a/b/2}', {}, want = "three" },
  { "another range", 'url: "http://localhost:@plain@/json", range: 10.0.0.0/8, columns: {X: /x}', {}, fails = "it leads to 127.0.0.1" },
  { "what is granted to all is granted too", 'url: "http://localhost:@plain@/json", columns: {X: /a/b/2}', {}, want = "three",
    options = "--grant http=http://localhost:@plain@@127.0.0.1" },

  -- TLS
  { "TLS", 'url: "https://localhost:@tls@/json", range: 127.0.0.1, ca: ca.pem, columns: {X: /a/b/2}', {}, want = "three" },
  { "an unknown authority", 'url: "https://localhost:@tls@/json", range: 127.0.0.1, columns: {X: /x}', {},
    fails = "GET https://localhost:@tls@/json: no TLS connection that can be trusted: " },
  { "a certificate of our own", 'url: "https://localhost:@mutual@/json", range: 127.0.0.1, ca: ca.pem, certificate: client.pem, '
    .. "columns: {X: /a/b/2}", {}, want = "three" },
  { "no certificate of our own", 'url: "https://localhost:@mutual@/json", range: 127.0.0.1, ca: ca.pem, columns: {X: /x}', {},
    fails = "GET https://localhost:@mutual@/json: " },
  { "a file that holds no authority", 'url: "https://localhost:@tls@/json", range: 127.0.0.1, ca: token, columns: {X: /x}', {},
    before = "echo x >token", fails = "GET https://localhost:@tls@/json: " },
  { "an authority that is not there", 'url: "https://localhost:@tls@/json", range: 127.0.0.1, ca: nowhere.pem, columns: {X: /x}', {},
    fails = "nowhere.pem: No such file or directory" },

  -- secrets
  { "a secret", COLUMNS .. ", secret: [X]", { ["GET db/orders"] = '200 {"x": "hush-hush"}' }, want = "hush-hush" },
  { "a secret does not go elsewhere", COLUMNS .. ", secret: [X]", { ["GET db/orders"] = '200 {"x": "hush-hush"}' }, hidden = "hush-hush",
    options = "--script pod.lua --template pod", before = [[echo 'template "pod" { summary = "s", render = function(ctx)
      return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" }, data = { a = ctx:variable "X" } } end }' >pod.lua]],
    fails = "X (provider http-json) is secret and must not stand in a ConfigMap", elsewhere = true },

}

-- Settings that are wrong: said before anything is asked.
local WRONG = {
  { "no URL", "columns: {X: /x}", {}, fails = { "moonstep.yaml:", "the provider http-json needs the server's address: url: https://…" } },
  { "no columns", HERE, {}, fails = "needs columns: {VARIABLE: /pointer}" },
  { "no pointer", HERE .. ", columns: {X: x}", {}, fails = "columns: X: x is no JSON pointer: it must be empty or begin with /" },
  { "a tilde in a pointer", HERE .. ", columns: {X: /a~2}", {}, fails = "~ stands in front of 0 or 1 only" },
  { "a brace", 'url: "@url@/{TARGET_NAME", columns: {X: /x}', {}, fails = "url has a brace that is none of {NAME}" },
  { "a brace that closes nothing", 'url: "@url@/TARGET}", columns: {X: /x}', {}, fails = "url has a brace that is none of {NAME}" },
  { "no name", 'url: "@url@/{a-b}", columns: {X: /x}', {}, fails = "url has {a-b}, which is no variable's name" },
  { "its own variable", 'url: "@url@/{X}", columns: {X: /x}', {}, fails = "url has {X}, which this provider itself is asked for" },
  { "a server that differs", 'url: "https://{TARGET_NAME}.corp/", columns: {X: /x}', {}, fails = { "moonstep.yaml:3:", "error[bad-config]: "
    .. "the server in url must be the same for all targets" } },
  { "a password in the URL", 'url: "https://u:hush@db.corp/", columns: {X: /x}', {}, hidden = "hush",
    fails = "user names and passwords do not stand in url" },
  { "another scheme", 'url: "file:///etc/passwd", columns: {X: /x}', {}, fails = "url must begin https://HOST or http://HOST" },
  { "no range of addresses", 'url: "https://db.corp/", range: 10.0.0.0/33, columns: {X: /x}', {}, fails = "10.0.0.0/33 is no range" },
  { "a number as range", 'url: "https://db.corp/", range: 10, columns: {X: /x}', {}, fails = "range must be a range of addresses" },
  { "an empty list of ranges", 'url: "https://db.corp/", range: [], columns: {X: /x}', {}, fails = "range must be a range of addresses" },
  { "missing", COLUMNS .. ", missing: warn", {}, fails = "missing must be error or ignore, not warn" },
  { "a key alone", COLUMNS .. ", key: client.pem", {}, fails = "key is that of certificate, which is not given", elsewhere = true },
  { "a user and a header for tokens", AS_BOB .. ", token_header: A", {}, fails = "user and token_header exclude each other" },
  { "a setting that is none", COLUMNS .. ", urls: x", {}, fails = "urls is no field" },
}

for _, row in ipairs(WRONG) do
  row.elsewhere, row.count = true, 0
  ROWS[#ROWS + 1] = row
end

-- --- several targets

local function has(text, words) return text:find(words, 1, true) ~= nil end

local BATCH = { ["GET db/a"] = '200 {"x": "first", "y": 1}', ["GET db/b"] = "500 gone", ["GET db/c"] = '200 {"x": "third", "y": 3}' }

local TARGETS = {
  { "other targets are rendered", function()
    local out, err, status = asked.batch("http-json", COLUMNS, BATCH, { "a", "b", "c" }, "--keep-going")
    suite.equal(status, 2, err)
    suite.equal({ has(out, '"first 1"'), has(out, '"third 3"') }, { true, true }, out)
    suite.equal({ has(err, "it answered 500 Internal Server Error: gone"), has(err, "in provider http-json, asked for X in Function f") },
      { true, true }, err)
    suite.equal(asked.count(), 3)
  end },
  { "and none without that", function()
    local out, _, status = asked.batch("http-json", COLUMNS, BATCH, { "a", "b", "c" }, "")
    suite.equal({ out, status }, { "", 2 })
  end },
  { "nothing partial is kept", function()
    local flaky = 'url: "http://localhost:@plain@/flaky/4/partial?reset", range: 127.0.0.0/8, columns: {X: ""}'
    local targets = {}
    for i = 1, 140 do targets[i] = "t" .. i end
    local out, err, status = asked.batch("http-json", flaky, {}, targets, "--keep-going")
    suite.equal(status, 2, err)
    local _, served = out:gsub('"1 none"', "") -- four tries fail for all that are in flight then; who comes later asks again
    local _, failed = err:gsub("the connection broke before the answer was there %(tried 4 times%)", "")
    suite.equal({ served > 0, failed > 0, served + failed }, { true, true, 140 }, out .. err)
  end },
  { "what is recorded can be repeated without the server", function()
    BATCH["GET db/b"] = "404"
    local settings = COLUMNS:gsub("X: /x", "X: /y") .. ", token_env: TOKEN, headers: {X-Team: storage}"
    local recorded = { asked.batch("http-json", settings, BATCH, { "a", "c" }, "--record recorded") }
    suite.equal(recorded[3], 2, "a token that is not set")
    asked.site.sh "rm -rf recorded"
    asked.site.write("token", "hush-hush\n")
    settings = settings:gsub("token_env: TOKEN", "token_file: token")
    recorded = { asked.batch("http-json", settings, BATCH, { "a", "c" }, "--record recorded") }
    suite.equal({ recorded[3], has(recorded[1], '"1 1"') }, { 0, true }, recorded[2])
    suite.equal(asked.site.sh "cat recorded/* | grep -c hush-hush || true", "0")
    asked.site.write("token", "other\n")
    suite.equal({ asked.batch("http-json", settings, {}, { "a", "c" }, "--replay recorded") }, recorded)
    suite.equal(asked.count(), 0)
    local _, err = asked.batch("http-json", settings, {}, { "b" }, "--replay recorded")
    suite.equal(has(err, "there is no recorded exchange for it"), true, err)
  end },
  { "explain tells why, at the variable", function()
    asked.batch("http-json", COLUMNS, { ["GET db/b"] = "500 gone" }, { "b" }, "")
    local said = asked.site.sh(asked.site.tool .. " explain X -f task.yaml --session '{name}-1' 2>&1 || true")
    suite.equal({ has(said, "task.yaml:4:28: error[http]: GET "), has(said, "it answered 500 Internal Server Error: gone") }, { true,
      true }, said)
  end },
  { "what settings grant is listed", function()
    asked.batch("http-json", COLUMNS .. ", token_env: TOKEN, ca: ca.pem", {}, {}, "")
    local out = asked.site.sh(asked.site.tool .. " grants")
    for _, line in ipairs { "granted   http=http://localhost:%d+@127.0.0.0/8\n", "granted   env=TOKEN\n", "granted   read=/.*/ca.pem\n" } do
      suite.equal(out:find(line .. "          for http%-json alone, by its settings") ~= nil, true, out)
    end
  end },
}

asked.start(SERVER)
local tests = asked.tests("http-json", ROWS)
local ok, passed = pcall(suite.run, "providers: http-json", table.move(TARGETS, 1, #TARGETS, #tests + 1, tests))
asked.stop()
return ok and passed or error(passed, 0)
