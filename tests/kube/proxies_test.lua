-- scripts.proxies, in an environment with https_proxy=http://proxy.corp:3128 and no_proxy=10.0.0.0/8, fd00::/8,.corp,api.example:6443.
local proxies = require "scripts.proxies"
local suite = dofile "tests/lib/suite.lua"

-- Host, and whether it is asked through the proxy.
local ROWS = {
  { "10.1.2.3", false }, { "11.1.2.3", true }, { "[fd00::1]", false }, { "[fe80::1]", true }, { "vault.corp", false }, { "corp", false },
  { "xcorp", true }, { "api.example", false }, { "x.api.example", false }, { "example", true }, { "10.example", true },
}

local tests = {}
for i, row in ipairs(ROWS) do
  tests[i] = { row[1], function()
    suite.equal(proxies.of { scheme = "https", host = row[1] }, row[2] and "http://proxy.corp:3128" or nil)
    suite.equal(proxies.of { scheme = "http", host = row[1] }, nil)
  end }
end
return suite.run("proxies", tests)
