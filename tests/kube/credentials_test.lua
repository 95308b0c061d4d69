-- kube.credentials: when a token file is read again, and a command run again; certificates that have expired. And what waits for them.
local base64 = require "base.base64"
local client = require "kube.client"
local credentials = require "kube.credentials"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local now = 1000
local function clock() return now end

-- The header that a request gets, and what was used for it.
local function authorization(c)
  local request = { headers = {}, secrets = {} }
  local used = c:put_into(request)
  return request.headers.authorization, used
end

-- A command that gives one token after the other, each for 60 seconds.
local function command()
  local runs = 0
  return { command = "x", credentials = function()
    runs = runs + 1
    return { token = "token-" .. runs, expires = now + 60 }
  end }
end

return suite.run("credentials", {
  { "a token file is read again after a minute", function()
    local path = os.tmpname()
    local c = credentials.new({ token_file = path, user = "u" }, nil, clock)
    shell.write(path, "first\n")
    suite.equal((authorization(c)), "Bearer first")
    shell.write(path, "second\n")
    now = now + 59
    suite.equal((authorization(c)), "Bearer first")
    now = now + 1
    suite.equal((authorization(c)), "Bearer second")
    os.remove(path)
    now = now + 60
    suite.equal((authorization(c)), "Bearer second", "one that is gone for a moment")
  end },
  { "a token file is read again when its token is refused", function()
    local path = os.tmpname()
    local c = credentials.new({ token_file = path, user = "u" }, nil, clock)
    shell.write(path, "first")
    local _, used = authorization(c)
    suite.equal(c:renew(used), false, "the same would be refused again")
    shell.write(path, "second")
    suite.equal(c:renew(used), true)
    suite.equal((authorization(c)), "Bearer second")
    os.remove(path)
  end },
  { "a command is run again when its credentials have expired", function()
    local c = credentials.new({ user = "u" }, command(), clock)
    suite.equal((authorization(c)), "Bearer token-1")
    now = now + 59
    suite.equal((authorization(c)), "Bearer token-1")
    now = now + 1
    suite.equal((authorization(c)), "Bearer token-2")
  end },
  { "a command is run again when its credentials are refused, once for all who used them", function()
    local c = credentials.new({ user = "u" }, command(), clock)
    local _, used = authorization(c)
    suite.equal(c:renew(used), true)
    suite.equal((authorization(c)), "Bearer token-2")
    suite.equal(c:renew(used), true)
    suite.equal((authorization(c)), "Bearer token-2")
  end },
  { "what another got while one waited for credentials is not asked for again", function()
    local asked, waited, c = 0, false, nil
    local function put_into(_, request)
      if not waited then
        waited = true
        suite.equal(c:get("/version").status, 200, "the other")
      end
      request.headers.authorization = "Bearer t"
    end
    c = client.new("c", { settings = { origin = "https://localhost:1", server = "" }, credentials = { put_into = put_into } })
    c.requests = { request = function()
      asked = asked + 1
      return { status = 200, headers = {}, body = "{}" }
    end }
    suite.equal(c:get("/version").status, 200)
    suite.equal(asked, 1)
  end },
  { "what stands in the kubeconfig stays", function()
    for _, settings in ipairs { { token = "t", user = "u" }, { basic = { "a", "b" }, user = "u" } } do
      local c = credentials.new(settings, command(), clock)
      local _, used = authorization(c)
      suite.equal(c:renew(used), false)
    end
  end },
  { "a certificate that has expired is named as such", function()
    local function hint(from, to)
      local der = "\x30\x82\x01\x02junk\x30\x1e" .. from .. to .. "\x30\x0bmore"
      local pem = ("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"):format(base64.encode(der))
      return credentials.new({ certificate = pem, user = "u" }, nil, function() return 1700000000 end):refused() -- 2023-11-14
    end
    local long_ago, lately, later = "\x17\x0d200101000000Z", "\x17\x0d231101120000Z", "\x17\x0d331101120000Z"
    suite.equal(hint(long_ago, lately), "the client certificate expired on 2023-11-01T12:00:00Z; get a new one")
    suite.equal(hint(long_ago, "\x18\x0f20231101120000Z"), "the client certificate expired on 2023-11-01T12:00:00Z; get a new one")
    suite.equal(hint(long_ago, later), "the client certificate may have expired, or be another cluster's")
    suite.equal(hint("", ""), "the client certificate may have expired, or be another cluster's")
  end },
})
