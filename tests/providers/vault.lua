-- The provider `vault` against prepared answers, which are those of Vault's API documentation: vault.lua SERVER.
local asked = dofile "tests/providers/asked.lua"
local suite = dofile "tests/lib/suite.lua"

local SERVER = assert(..., "vault.lua SERVER")

local HERE = 'url: "@url@", range: 127.0.0.0/8'
local PATH = HERE .. ', path: "db/{TARGET_NAMESPACE}/{TARGET_NAME}"'
local COLUMNS = PATH .. ", columns: {X: password, W: user, P: port}"
local BY_TOKEN = "VAULT_TOKEN=hush-token"

local READ = "GET v1/secret/data/db/shop/orders"
local URL = "GET @url@/v1/secret/data/db/shop/orders: "

-- What a store of version 2 answers with.
local function kept(data, about)
  return asked.json { request_id = "1", data = { data = data, metadata = about or { version = 3, destroyed = false, deletion_time = "" } } }
end

local ORDERS = { [READ] = "200 " .. kept { password = "hush-1", user = "bob", port = 5432, tls = true, empty = "", map = { a = "b" },
  list = { "a" } } }

-- A row with a token and other settings.
local function row(name, settings, answers, more)
  local made = { name, settings, answers, environment = BY_TOKEN, hidden = "hush-token" }
  for k, v in pairs(more) do made[k] = v end
  return made
end

local function field(name, more) return row("the field " .. name, PATH .. (", columns: {X: %s}"):format(name), ORDERS, more) end

-- A login, which gives a token with which the secret is read.
local APPROLE = COLUMNS .. ", approle: {role_id: role-1, secret_id_env: SECRET_ID}"
local ACCOUNT = COLUMNS .. ", kubernetes: {role: backup, token_file: jwt}"
local GIVEN = asked.json { auth = { client_token = "hush-given", lease_duration = 3600, renewable = true } }
local PERMISSION = asked.json { errors = { "1 error occurred:\n\t* permission denied\n\n" } }

local function logged_in(method, answer)
  return { ["POST v1/auth/" .. method .. "/login"] = answer or "200 " .. GIVEN, [READ] = ORDERS[READ] }
end

local function login(name, settings, answers, more)
  local made = { name, settings, answers, environment = "SECRET_ID=hush-id", before = "printf 'hush.jwt\\n' >jwt",
    hidden = { "hush-id", "hush.jwt", "hush-given" } }
  for k, v in pairs(more) do made[k] = v end
  return made
end

local ROWS = {
  -- reading
  row("a store of version 2", COLUMNS, ORDERS, { want = "hush-1", count = 1,
    asked = { "GET /prepared/v1/secret/data/db/shop/orders HTTP/1.1", "x-vault-request: true", "x-vault-token: hush-token" } }),
  row("a store of version 1", COLUMNS .. ", version: 1", { ["GET v1/secret/db/shop/orders"] = '200 {"data": {"password": "one"}}' },
    { want = "one", asked = "GET /prepared/v1/secret/db/shop/orders HTTP/1.1" }),
  row("one request for all fields", COLUMNS, ORDERS, { ask = { "X", "W", "P", "X" }, want = { "hush-1", "bob", "5432", "hush-1" },
    count = 1 }),
  row("another mount", COLUMNS .. ", mount: /team/kv/", { ["GET v1/team/kv/data/db/shop/orders"] = "200 " .. kept { password = "one" } },
    { want = "one" }),
  row("a namespace", COLUMNS .. ", namespace: team-a/sub", ORDERS, { want = "hush-1", asked = "x-vault-namespace: team-a/sub" }),
  row("a token of a file", COLUMNS .. ", token_file: token", ORDERS, { before = "echo hush-2 >token", want = "hush-1",
    asked = "x-vault-token: hush-2" }),
  row("a token of another variable", COLUMNS .. ", token_env: MINE", ORDERS, { environment = "MINE=hush-3", want = "hush-1",
    asked = "x-vault-token: hush-3" }),
  row("fields of two secrets", PATH .. ', columns: {X: password, W: "tls/{TARGET_NAMESPACE}#key"}',
    { [READ] = ORDERS[READ], ["GET v1/secret/data/tls/shop"] = "200 " .. kept { key = "pem" } },
    { ask = { "X", "W", "X", "W" }, want = { "hush-1", "pem", "hush-1", "pem" }, count = 2 }),
  row("a path that is escaped", HERE .. ", path: a b/ü, columns: {X: a}", { ["GET v1/secret/data/a%20b/%C3%BC"] = "200 "
    .. kept { a = "b" } },
    { want = "b" }),
  row("a name with a slash", COLUMNS, ORDERS, { set = { TARGET_NAMESPACE = "shop", TARGET_NAME = "../../sys/raw" },
    fails = 'path has {TARGET_NAME}, which is "../../sys/raw" here and would lead elsewhere', count = 0 }),
  field("port", { want = "5432" }), field("tls", { want = "true" }), field("empty", { want = "" }), field("nothing", { want = "(none)" }),
  field("map", { fails = URL .. "the field map is a map; a variable takes" }), field("list", { fails = URL .. "the field list is a list" }),

  -- all is secret
  row("a value is secret", COLUMNS, ORDERS, { direct = true, hidden = { "hush-1", "hush-token" }, elsewhere = true,
    fails = "X (provider vault) is secret and must not stand in a Job" }),
  row("but what is public", COLUMNS .. ', public: ["?", "W*"]', ORDERS, { ask = "W", want = "bob",
    options = "--script pod.lua --template pod", before = [[echo 'template "pod" { summary = "s", render = function(ctx)
      return { apiVersion = "v1", kind = "Pod", metadata = { name = ctx:variable "W" },
        stringData = { v1 = ctx:variable "W" } } end }' >pod.lua]] }),
  row("which X is not", COLUMNS .. ', public: ["?", "W*"]', ORDERS, { hidden = "hush-1", elsewhere = true,
    options = "--script pod.lua --template pod", before = [[echo 'template "pod" { summary = "s", render = function(ctx)
      return { apiVersion = "v1", kind = "Pod", metadata = { name = "p" }, spec = { hostname = ctx:variable "X" } } end }' >pod.lua]],
    fails = "X (provider vault) is secret" }),

  -- what is not there
  row("no secret", COLUMNS, { [READ] = '404 {"errors": []}' }, { want = "(none)" }),
  row("no secret where one must be", COLUMNS .. ", missing: error", { [READ] = '404 {"errors": []}' }, { fails = URL
    .. "there is no secret" }),
  row("no field where one must be", PATH .. ", columns: {X: pasword}, missing: error", ORDERS, { fails = URL
    .. "the secret has no field pasword" }),
  row("a deleted version", COLUMNS, { [READ] = "404 " .. asked.json { data = { metadata = { version = 4, destroyed = false,
    deletion_time = "2024-11-15T00:45:04.057772212Z" } } } },
    { fails = URL .. "version 4 of the secret was deleted at 2024-11-15T00:45:04.057772212Z; vault kv undelete brings it back" }),
  row("a destroyed version", COLUMNS, { [READ] = "404 " .. asked.json { data = { metadata = { version = 4, destroyed = true,
    deletion_time = "" } } } },
    { fails = URL .. "version 4 of the secret was destroyed" }),
  row("a store of version 2 for version 1", COLUMNS .. ", version: 1", { ["GET v1/secret/db/shop/orders"] = "404 "
    .. asked.json { errors = {},
    warnings = { "Invalid path for a versioned K/V secrets engine." } } },
    { fails = "GET @url@/v1/secret/db/shop/orders: Invalid path for a versioned K/V secrets engine. version: 2 reads such a store" }),
  row("a store of version 1 for version 2", COLUMNS, { [READ] = '200 {"data": {"data": "x"}}' },
    { fails = URL .. "the answer is not that of a key-value store of version 2" }),

  -- who may not
  row("no permission", COLUMNS, { [READ] = "403 " .. PERMISSION }, { fails = URL
    .. "it answered 403 Forbidden: 1 error occurred: * permission denied; "
    .. "the token is not valid (any more), or has no policy to read secret/data/db/shop/orders" }),
  row("no token", COLUMNS, ORDERS, { environment = "", fails = "the environment variable VAULT_TOKEN is not set, which token_env names",
    count = 0 }),
  row("a token for two lines", COLUMNS, ORDERS, { environment = "VAULT_TOKEN='hush\nX-Evil: 1'", hidden = "hush",
    fails = "the header X-Vault-Token holds a control character", count = 0 }),

  -- logging in
  login("an AppRole", APPROLE, logged_in "approle", { ask = { "X", "W" }, want = { "hush-1", "bob" }, count = 2, hidden = {}, asked = {
    "POST /prepared/v1/auth/approle/login HTTP/1.1", [[{"role_id":"role-1","secret_id":"hush-id"}]], "x-vault-token: hush-given" } }),
  login("an AppRole without secret id", COLUMNS .. ", approle: {role_id: role-1}", logged_in "approle", { want = "hush-1",
    asked = { [[{"role_id":"role-1"}]] } }),
  login("an AppRole with a file", COLUMNS .. ", approle: {role_id: r, secret_id_file: jwt, mount: team/approle}", logged_in "team/approle",
    { want = "hush-1", asked = { "POST /prepared/v1/auth/team/approle/login", [["secret_id":"hush.jwt"]] } }),
  login("a service account", ACCOUNT, logged_in "kubernetes", { want = "hush-1", count = 2, asked = {
    "POST /prepared/v1/auth/kubernetes/login HTTP/1.1", [[{"jwt":"hush.jwt","role":"backup"}]], "x-vault-token: hush-given" } }),
  login("one login for two secrets", PATH .. ', columns: {X: password, W: "tls#key"}, approle: {role_id: r}',
    { ["POST v1/auth/approle/login"] = "200 " .. GIVEN, [READ] = ORDERS[READ], ["GET v1/secret/data/tls"] = "200 "
      .. kept { key = "pem" } },
    { ask = { "X", "W" }, want = { "hush-1", "pem" }, count = 3 }),
  login("a secret id that is wrong", APPROLE, logged_in("approle", '400 {"errors": ["invalid secret id hush-id"]}'), { count = 1,
    fails = "POST @url@/v1/auth/approle/login: no login with approle: it answered 400: invalid secret id ***" }),
  login("a login that was refused is not tried again", APPROLE, logged_in("approle", '400 {"errors": ["invalid role or secret ID"]}'), {
    count = 1, options = "--script both.lua --template both", before = [[echo 'template "both" { summary = "s", render = function(ctx)
      pcall(ctx.variable, ctx, "W") pcall(ctx.variable, ctx, "P") ctx:variable "X" end }' >both.lua]],
    fails = "GET @url@/v1/secret/data/db/shop/orders has failed for this target" }),
  login("a service account without that role", ACCOUNT, logged_in("kubernetes", "403 " .. PERMISSION), {
    fails = "POST @url@/v1/auth/kubernetes/login: no login with kubernetes: it answered 403: 1 error occurred: * permission denied" }),
  login("nothing is mounted there", APPROLE, logged_in("approle", '404 {"errors": ["no handler for route \\"auth/approle/login\\""]}'), {
    fails = 'no login with approle: it answered 404: nothing is mounted there: no handler for route "auth/approle/login"' }),
  login("a second factor", APPROLE, logged_in("approle", '200 {"auth": {"client_token": "", "mfa_requirement": {"mfa_request_id": "1"}}}'),
    {
    fails = "no login with approle: it wants a second factor" }),
  login("no token in the answer", APPROLE, logged_in("approle", '200 {"auth": null}'),
    { fails = "no login with approle: its answer holds no token" }),
  login("an answer that is no JSON", APPROLE, logged_in("approle", "200 <html>"), {
    fails = "POST @url@/v1/auth/approle/login: the answer is no JSON" }),
  login("a login that fails", APPROLE, logged_in("approle", '500 {"errors": ["internal error"]}'), {
    fails = { "POST @url@/v1/auth/approle/login: it answered 500 Internal Server Error", "internal error" } }),
  login("no service account", COLUMNS .. ", kubernetes: {role: backup}", {}, { count = 0,
    fails = "cannot read /var/run/secrets/kubernetes.io/serviceaccount/token, which kubernetes: token_file names" }),
  login("no secret id", APPROLE, {}, { environment = "-u SECRET_ID", count = 0,
    fails = "the environment variable SECRET_ID is not set, which approle: secret_id_env names" }),

  -- servers that are not well
  row("sealed", COLUMNS, { [READ] = '503 {"errors": ["Vault is sealed"]}' },
    { fails = { "it answered 503 Service Unavailable (tried 4 times)",
    "Vault is sealed" } }),
  row("no JSON", COLUMNS, { [READ] = "200 <html>" }, { fails = URL .. "the answer is no JSON" }),
  row("half of JSON", COLUMNS, { [READ] = '200 {"data": {"data": {"password": "hu' }, { fails = URL .. "the answer is no JSON",
    hidden = { "hush-token", '"hu' } }),
  row("half of an answer", COLUMNS, { [READ] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" }, { fails = URL
    .. "the answer broke off half-way" }),
  row("other JSON", COLUMNS, { [READ] = "200 [1]" }, { fails = URL .. "the answer is not that of a key-value store of version 2" }),
  row("a wrong request", COLUMNS, { [READ] = '400 {"errors": ["missing client token"]}' }, { fails = URL
    .. "it answered 400: missing client token" }),
  row("a redirect to the active node elsewhere", COLUMNS,
    { [READ] = "HTTP/1.1 307 Temporary\r\nLocation: https://active.corp:8200/v1/secret\r\nContent-Length: 0\r\n\r\n" },
    { fails = "GET https://active.corp:8200/v1/secret: active.corp:8200 is not granted" }),
}

-- Settings that are wrong.
local WRONG = {
  { "no columns", PATH, {}, fails = "the provider vault needs columns: {VARIABLE: field}" },
  { "no path", HERE .. ", columns: {X: a}", {}, fails = "columns: X: there is no path; give path, or PATH#FIELD" },
  { "no field", HERE .. ', columns: {X: "a#"}', {}, fails = "columns: X names no field" },
  { "another version", COLUMNS .. ", version: 3", {}, fails = "version must be 1 or 2, not 3" },
  { "two ways to log in", APPROLE .. ", kubernetes: {role: a}", {}, fails = "approle and kubernetes exclude each other" },
  { "a token beside a login", APPROLE .. ", token_env: A", {}, fails = "approle and token_env exclude each other" },
  { "an AppRole without id", COLUMNS .. ", approle: {secret_id_env: A}", {}, fails = "approle needs role_id" },
  { "a service account without role", COLUMNS .. ", kubernetes: {}", {}, fails = "kubernetes needs role: the role of Vault's" },
}
for _, each in ipairs(WRONG) do
  each.elsewhere, each.count = true, 0
  ROWS[#ROWS + 1] = each
end

-- Many targets at once.
local function crowd(login_answer)
  local targets, answers = {}, { ["POST v1/auth/approle/login"] = login_answer }
  for i = 1, 20 do
    targets[i] = "t" .. i
    answers["GET v1/secret/data/db/shop/t" .. i] = "200 " .. kept { user = "u" .. i }
  end
  local settings = PATH .. ", columns: {X: user}, public: [X], approle: {role_id: r}"
  return asked.batch("vault", settings, answers, targets, "--keep-going")
end

local CROWD = {
  { "one login for all targets", function()
    local out, err, status = crowd("200 " .. GIVEN)
    suite.equal(status, 0, err)
    suite.equal(select(2, out:gsub('"u%d+ none"', "")), 20)
    suite.equal(asked.count(), 21)
  end },
  { "also where it is refused", function()
    local _, err, status = crowd '400 {"errors": ["invalid role or secret ID"]}'
    suite.equal(status, 2, err)
    suite.equal(select(2, err:gsub("no login with approle: it answered 400: invalid role or secret ID", "")), 20)
    suite.equal(asked.count(), 1)
  end },
}

asked.start(SERVER)
local tests = asked.tests("vault", ROWS)
local ok, passed = pcall(suite.run, "providers: vault", table.move(CROWD, 1, #CROWD, #tests + 1, tests))
asked.stop()
return ok and passed or error(passed, 0)
