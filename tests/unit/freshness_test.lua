-- scripts.freshness: times in headers; base.base64.
local base64 = require "base.base64"
local freshness = require "scripts.freshness"
local suite = dofile "tests/lib/suite.lua"

local NOW = "Sun, 06 Nov 1994 08:49:37 GMT"

return suite.run("freshness", {
  { "dates", function()
    suite.equal(freshness.date(NOW), 784111777)
    suite.equal(freshness.date "Thu, 01 Jan 1970 00:00:00 GMT", 0)
    suite.equal(freshness.date "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000)
    suite.equal(freshness.date "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200)
    suite.equal(freshness.date "yesterday", nil)
  end },
  { "when to ask again", function()
    suite.equal(freshness.retry_after { ["retry-after"] = "7" }, 7)
    suite.equal(freshness.retry_after { ["retry-after"] = "Sun, 06 Nov 1994 08:50:37 GMT", date = NOW }, 60)
    suite.equal(freshness.retry_after { ["retry-after"] = "Sun, 06 Nov 1994 08:50:37 GMT" }, nil)
    suite.equal(freshness.retry_after { ["retry-after"] = "-1" }, nil)
    suite.equal(freshness.retry_after { ["retry-after"] = ("9"):rep(30) }, nil)
    suite.equal(freshness.retry_after {}, nil)
  end },
  { "how long an answer is fresh", function()
    suite.equal(freshness.lifetime {}, nil)
    suite.equal(freshness.lifetime { ["cache-control"] = "private, Max-Age=60" }, 60)
    suite.equal(freshness.lifetime { ["cache-control"] = "max-age=60", age = "20" }, 40)
    suite.equal(freshness.lifetime { ["cache-control"] = "max-age=60", age = "99" }, 0)
    suite.equal(freshness.lifetime { ["cache-control"] = "no-cache, max-age=60" }, 0)
    suite.equal(freshness.lifetime { ["cache-control"] = "no-store" }, false)
    suite.equal(freshness.lifetime { vary = "*" }, false)
    suite.equal(freshness.lifetime { expires = "Sun, 06 Nov 1994 08:50:37 GMT", date = NOW }, 60)
    suite.equal(freshness.lifetime { expires = "0", date = NOW }, 0)
  end },
  { "Base64", function()
    for _, row in ipairs { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
      { "\0\255\254", "AP/+" } } do
      suite.equal(base64.encode(row[1]), row[2])
      suite.equal(base64.decode(row[2]), row[1])
    end
    for _, wrong in ipairs { "Zg=", "Z=g=", "Zg==\n", "Z===", "Zm9v!" } do suite.equal(base64.decode(wrong), nil, wrong) end
  end },
})
