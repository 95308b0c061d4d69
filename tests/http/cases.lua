-- Cases of the module http: { name, body of a script's function [, grants = list] [, options = text] [, environment = text], want,
-- not_want, status }. @plain@, @tls@ and @mutual@ stand for the server's ports. `want` is a text, or a list of texts, that are printed;
-- `not_want` is one that is not. The usual grants are PLAIN and TLS. A case without status must end with 0.
local PLAIN, TLS, MUTUAL = "http=http://localhost:@plain@@127.0.0.0/8", "http=localhost:@tls@@127.0.0.0/8",
    "http=localhost:@mutual@@127.0.0.0/8"
local BASE = 'local plain, tls, mutual = "http://localhost:@plain@", "https://localhost:@tls@", "https://localhost:@mutual@" '

local function get(url, more) return ('log.info(http.get(%s%s).body)'):format(url, more and ", " .. more or "") end

-- Asks for a counter twice.
local function twice(name) return (get(('plain .. "/count/%s"'):format(name)) .. " "):rep(2) end

local cases = {
  -- requests and answers
  { "json", 'log.info(http.get(plain .. "/json").json().a.b[3])', want = "three" },
  { "headers of an answer", 'log.info(http.get(plain .. "/json").headers["content-type"])', want = "application/json" },
  { "query", get('plain .. "/echo"', '{ query = { b = { "x y", 2 }, a = "&=" } }'), want = "a=%26%3D&b=x%20y&b=2" },
  { "query behind another", get('plain .. "/echo?z=1#f"', '{ query = { a = 1 } }'), want = '"query":"z=1&a=1"' },
  { "json body", 'log.info(http.post(plain .. "/echo", { json = { a = { 1, true } } }).body)',
    want = { [["body":"{\"a\":[1,true]}"]], "content-type: application/json" } },
  { "form", 'log.info(http.post(plain .. "/echo", { form = { a = "b c", d = 1 } }).body)',
    want = { [["body":"a=b%20c&d=1"]], "x-www-form-urlencoded" } },
  { "body", 'log.info(http.put(plain .. "/echo", { body = "plain" }).body)', want = { '"method":"PUT"', '"body":"plain"' },
    not_want = "content-type" },
  { "no body", 'log.info(http.post(plain .. "/echo").body)', want = { '"method":"POST"', "Content-Length: 0" } },
  { "another method", 'log.info(http.request("DELETE", plain .. "/echo").body)', want = '"method":"DELETE"' },
  { "HEAD", 'local r = http.request("HEAD", plain .. "/json") log.info(r.status .. r.body .. r.headers["content-length"])',
    want = "20029" },
  { "headers", get('plain .. "/echo"', '{ headers = { ["X-One"] = "1", Empty = "", Accept = "text/plain" } }'),
    want = { "x-one: 1", "empty:", "accept: text/plain" } },
  { "basic", get('plain .. "/echo"', '{ auth = { basic = { "Aladdin", "open sesame" } } }'),
    want = "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
  { "bearer", get('plain .. "/echo"', '{ auth = { bearer = "abc.def" } }'), want = "authorization: Bearer abc.def" },
  { "a status that is accepted", 'log.info("got " .. http.get(plain .. "/status/404", { accept_status = { 404 } }).status)',
    want = "got 404" },
  { "unpacked", 'log.info(#http.get(plain .. "/file/small.gz?gzip").body)', want = " 1000000" },

  -- secrets: the server is told, and nobody else
  { "secrets", 'local token = secret("hush" .. "-hush") local r = http.post(plain .. "/echo", { auth = { bearer = token }, '
    .. 'headers = { ["X-A"] = token }, json = { a = token }, query = { q = token } }) log.info(r.body)',
    want = { "Bearer ***", "x-a: ***", [[{\"a\":\"***\"}]], "q=***" }, not_want = "hush-hush" },
  { "a secret in basic", 'log.info(http.get(plain .. "/echo", { auth = { basic = { "u", secret "pass-word" } } }).body)',
    want = "authorization: Basic ", not_want = "pass-word" },
  { "a secret in what fails", 'http.get(plain .. "/status/500?" .. secret "hush-hush", { headers = { a = secret "as you wish" } })',
    want = "it answered 500", not_want = "hush-hush", status = 2 },

  -- what scripts get wrong
  { "an unknown option", 'http.get(plain, { header = {} })', want = "there is no option header; did you mean headers?", status = 2 },
  { "two bodies", 'http.post(plain, { json = {}, body = "x" })', want = "one of json, form and body", status = 2 },
  { "a header with a line end", 'http.get(plain, { headers = { a = "b\\r\\nEvil: yes" } })', want = "holds a control character",
    status = 2 },
  { "a header's name with a line end", 'http.get(plain, { headers = { ["a: b\\r\\nEvil"] = "b" } })', want = "is no name of a header",
    status = 2 },
  { "the header Host", 'http.get(plain, { headers = { HOST = "evil" } })', want = "not a script's to set", status = 2 },
  { "a token with a line end", 'http.get(plain, { auth = { bearer = "a\\nb" } })', want = "auth.bearer must be a token", status = 2 },
  { "a method", 'http.request("GET / HTTP/1.1\\r\\n", plain)', want = "there is no method", status = 2 },
  { "a timeout", 'http.get(plain, { timeout = -1 })', want = "timeout must be a number of seconds", status = 2 },
  { "no string as URL", 'http.get(nil)', want = "the URL must be a string, not a nil", status = 2 },

  -- servers that misbehave
  { "a bad status", 'http.get(plain .. "/status/403?token=hush")',
    want = { "error[http]: GET http://localhost:@plain@/status/403?token=***: it answered 403 Forbidden: ",
    "as you wish", "in template x" }, not_want = "hush", status = 2 },
  { "an error that repeats a secret", 'http.get(plain .. "/status/500", { headers = { ["x-vault-token"] = "as you" } })',
    want = '["*** wish"]', status = 2 },
  { "truncated", 'http.post(plain .. "/truncated")', want = "POST http://localhost:@plain@/truncated: the answer broke off half-way\n",
    status = 2 },
  { "truncated chunks", 'http.get(plain .. "/chunks")', want = "the answer broke off half-way (tried 4 times)", status = 2 },
  { "reset", 'http.get(plain .. "/reset")', want = "the connection broke before the answer was there (tried 4 times)", status = 2 },
  { "empty", 'http.get(plain .. "/empty")', want = "the connection broke before the answer was there (tried 4 times)", status = 2 },
  { "no HTTP", 'http.get(plain .. "/nonsense")', want = "GET http://localhost:@plain@/nonsense: ", status = 2 },
  { "slow", 'http.get(plain .. "/slow", { timeout = 0.3 })', want = "no complete answer within 0.3 s", status = 2 },
  { "slow headers", 'http.get(plain .. "/loris", { timeout = 0.3 })', want = "no complete answer within 0.3 s", status = 2 },
  { "slow body", 'http.get(plain .. "/drip", { timeout = 0.3 })', want = "no complete answer within 0.3 s", status = 2 },
  { "the wall clock", 'http.get(plain .. "/drip")', options = "--config wall.yaml",
    want = { "error[time-limit]: it took more than 0.5 s of wall clock, waiting for "
    .. "GET http://localhost:@plain@/drip", "limits: {wall: 1s}" }, status = 2 },
  { "the wall clock, caught", 'for i = 1, 100 do pcall(http.get, plain .. "/drip") end', options = "--config wall.yaml",
    want = "error[time-limit]", status = 2 },
  { "endless headers", 'http.get(plain .. "/heads")', want = "GET http://localhost:@plain@/heads: ", status = 2 },
  { "an endless body", 'http.get(plain .. "/endless")', want = "the answer has more than 8 MiB", status = 2 },
  { "a bomb", 'http.get(plain .. "/file/bomb.gz?gzip")', want = "the answer has more than 8 MiB when it is unpacked", status = 2 },
  { "packed wrongly", 'http.get(plain .. "/file/ca.pem?gzip")', want = "the answer cannot be unpacked", status = 2 },
  { "little memory", 'http.get(plain .. "/endless")', options = "--config memory.yaml", want = "error[memory-limit]", status = 2 },
  { "HTML for JSON", 'http.get(plain .. "/html").json()', want = "GET http://localhost:@plain@/html: the answer is no JSON", status = 2 },
  { "half of JSON", 'http.get(plain .. "/half").json()', want = "GET http://localhost:@plain@/half: the answer is no JSON", status = 2 },
  { "nobody listens", 'http.get("http://localhost:1/")', grants = { "http=http://localhost:1@127.0.0.0/8" }, want = "no connection: ",
    not_want = " ms", status = 2 },
  { "a name that leads nowhere", 'http.get("https://nowhere.invalid/")', grants = { "http=nowhere.invalid" },
    want = "the name nowhere.invalid leads nowhere (tried 4 times)", status = 2 },

  -- trying again
  { "busy for a moment", get 'plain .. "/flaky/2/a?503"', want = "[log]: 1" },
  { "reset for a moment", get 'plain .. "/flaky/2/b?reset"', want = "[log]: 1" },
  { "busy for long", get 'plain .. "/flaky/9/c?503"', want = "it answered 503 Service Unavailable (tried 4 times): not now", status = 2 },
  { "POST is not repeated", 'http.post(plain .. "/flaky/1/d?503")', want = "it answered 503 Service Unavailable: not now", status = 2 },
  { "but when the server says so", 'log.info(http.post(plain .. "/busy/e").body)', want = " now" },
  { "not beyond the time", 'http.get(plain .. "/busy/f", { timeout = 0.5 })', want = "it answered 429 Too Many Requests: later",
    status = 2 },

  -- TLS
  { "TLS", get('tls .. "/json"', '{ ca = "ca.pem" }'), want = "three" },
  { "an authority as text", get('tls .. "/json"', '{ ca = [[@ca@]] }'), want = "three" },
  { "an unknown authority", get 'tls .. "/json"', want = { "GET https://localhost:@tls@/json: no TLS connection that can be trusted: " },
    status = 2 },
  { "another authority", get('tls .. "/json"', '{ ca = "stranger.pem" }'), want = "no TLS connection that can be trusted", status = 2 },
  { "another name", get('"https://127.1:@tls@/json"', '{ ca = "ca.pem" }'), grants = { "http=127.0.0.1:@tls@@127.0.0.1" }, want = "three" },
  { "a client's certificate", get('mutual .. "/json"', '{ ca = "ca.pem", auth = { certificate = "client.pem" } }'), grants = { MUTUAL },
    want = "three" },
  { "no client's certificate", get('mutual .. "/json"', '{ ca = "ca.pem" }'), grants = { MUTUAL },
    want = "GET https://localhost:@mutual@/json: ", status = 2 },
  { "TLS to who has none", get('"https://localhost:@plain@/json"'), grants = { "http=localhost:@plain@@127.0.0.0/8" },
    want = "no TLS connection", status = 2 },

  -- grants
  { "nothing is granted", get 'plain .. "/json"', grants = {}, status = 2,
    want = "http://localhost:@plain@ is not granted; add it to grants: http: in moonstep.yaml, or --grant http=http://localhost:@plain@" },
  { "granted with TLS only", get 'plain .. "/json"', grants = { "http=localhost:@plain@@127.0.0.0/8" }, want = "is not granted",
    status = 2 },
  { "another port", get '"https://localhost:444/"', want = "localhost:444 is not granted", status = 2 },
  { "public addresses only", get 'plain .. "/json"', grants = { "http=http://localhost:@plain@" },
    want = "it leads to 127.0.0.1, which is not where its grant allows it to be; add http://localhost:@plain@@127.0.0.1 to grants",
    status = 2 },
  { "another range", get 'plain .. "/json"', grants = { "http=http://localhost:@plain@@10.0.0.0/8" },
    want = "it leads to 127.0.0.1, which", status = 2 },
  { "in moonstep.yaml", get 'plain .. "/json"', grants = {}, options = "--config granted.yaml", want = "three" },
  { "a name and password in the URL", get '"http://user:hush@localhost:@plain@/json"',
    want = "the URL http://***@localhost:@plain@/json is not taken: it holds a user name or password",
    not_want = "hush", status = 2 },
  { "an empty name in the URL", get '"http://@localhost:@plain@/json"', want = "is not taken", status = 2 },
  { "another spelling of an address", get '"http://0x7f.1:@plain@/json"', want = "http://127.0.0.1:@plain@ is not granted", status = 2 },
  { "a number as address", get '"http://2130706433:@plain@/json"', want = "http://127.0.0.1:@plain@ is not granted", status = 2 },
  { "an octal address", get '"http://0177.0.0.1:@plain@/json"', want = "http://127.0.0.1:@plain@ is not granted", status = 2 },
  { "an address of IPv6 that is one of IPv4", get '"http://[::ffff:127.0.0.1]:@plain@/json"',
    grants = { "http=http://[::ffff:127.0.0.1]:@plain@" }, want = "which is not where its grant", status = 2 },
  { "a zone", get '"http://[fe80::1%25lo]:@plain@/json"', want = "is not taken: its address names a zone", status = 2 },
  { "another scheme", get '"file:///etc/passwd"', want = "is not taken", status = 2 },
  { "no scheme", get '"localhost:@plain@/json"', want = "is not taken", status = 2 },
  { "a host that is hidden by escapes", get '"http://localhost%2f.corp:@plain@/json"', want = "is not taken", status = 2 },
  { "a backslash", get [["http://localhost:@plain@\\@evil.corp/"]], want = "is not taken", status = 2 },
  { "a grant that is none", "", grants = { "http=vault.corp:8200/path" },
    want = "error[unknown-grant]: the grant http=vault.corp:8200/path is none", status = 2 },
  { "a range that is none", "", grants = { "http=vault.corp@10.0.0.0/33" }, want = "10.0.0.0/33 is no range", status = 2 },

  -- redirects
  { "a redirect", get 'plain .. "/to/302//json"', want = "three" },
  { "a redirect to an ungranted host", get 'plain .. "/to/302/http://127.0.0.1:@plain@/json"',
    want = "GET http://127.0.0.1:@plain@/json: http://127.0.0.1:@plain@ is not granted", status = 2 },
  { "a redirect to a file", get 'plain .. "/to/302/file:///etc/passwd"', want = "it redirects to a URL that is not followed", status = 2 },
  { "a redirect with a password", get 'plain .. "/to/302/http://a:b@localhost:@plain@/json"',
    want = "it redirects to a URL that is not followed: it holds a user name", status = 2 },
  { "redirects in a circle", get 'plain .. "/loop"', want = "GET http://localhost:@plain@/loop: it redirects more than 5 times",
    status = 2 },
  { "credentials stay with their origin",
    get('tls .. "/to/307/http://localhost:@plain@/echo"', '{ ca = "ca.pem", auth = { bearer = "hush" }, '
    .. 'headers = { ["X-Vault-Token"] = "hush", Cookie = "a=hush", Accept = "text/x" } }'), want = "accept: text/x", not_want = "hush" },
  { "and go along within it", get('plain .. "/to/302//echo"', '{ headers = { ["X-Vault-Token"] = "mine" } }'),
    want = "x-vault-token: mine" },
  { "a body does not go elsewhere", 'http.post(tls .. "/to/307/http://localhost:@plain@/echo", { ca = "ca.pem", json = { secret = 1 } })',
    want = "it redirects to http://localhost:@plain@, where its body is not sent", status = 2 },
  { "POST becomes GET", 'log.info(http.post(plain .. "/to/303//echo", { body = "x" }).body)', want = '"method":"GET"' },
  { "or stays POST", 'log.info(http.post(plain .. "/to/308//echo", { body = "x" }).body)', want = { '"method":"POST"', '"body":"x"' } },

  -- answers that are kept
  { "equal requests are one", get 'plain .. "/count/g"' .. get 'plain .. "/count/g"', want = "[log]: 1", not_want = "[log]: 2" },
  { "unless the server forbids it", twice "h?h=Cache-Control:no-store", want = { "[log]: 1", "[log]: 2" } },
  { "as long as it is fresh", twice "i?h=Cache-Control:max-age=60", not_want = "[log]: 2" },
  { "not when it is stale", twice "j?h=Cache-Control:max-age=0",
    want = "[log]: 2" },
  { "or when it is the same still", twice "k?h=Cache-Control:no-cache&h=ETag:x"
    .. get 'plain .. "/count/k"', want = "[log]: 3", not_want = "[log]: 2" },
  { "for each who asks", get('plain .. "/count/l"', '{ auth = { bearer = "a" } }')
    .. get('plain .. "/count/l"', '{ auth = { bearer = "b" } }'), want = "[log]: 2" },
  { "nothing that failed", 'pcall(http.get, plain .. "/status/500") ' .. get 'plain .. "/flaky/4/m?500"', want = "it answered 500",
    status = 2 },
  { "and nobody changes it", 'local r = http.get(plain .. "/json") r.headers["content-type"] = "x" r.body = "y" '
    .. get 'plain .. "/json"', want = "three" },

  -- proxies
  { "a proxy that is not granted", get '"http://example.org/"', grants = { "http=http://example.org" },
    environment = "http_proxy=http://u:hush@localhost:@plain@",
    want = "the environment names the proxy http://localhost:@plain@, which is not granted", not_want = "hush", status = 2 },
  { "a proxy", get '"http://example.org/echo"', grants = { "http=http://example.org", PLAIN },
    environment = "http_proxy=http://localhost:@plain@", want = "GET http://example.org/echo" },
  { "a proxy on another address", get '"http://example.org/echo"', grants = { "http=http://example.org", "http=http://localhost:@plain@" },
    environment = "http_proxy=http://localhost:@plain@", want = "it leads to", status = 2 },
  { "no proxy for a range", get 'plain .. "/json"', environment = "http_proxy=http://localhost:1", want = "three" },
}

return { base = BASE, usual = { PLAIN, TLS }, cases = cases }
