-- lua/notify/letter.lua: dates, addresses, headers and lines of letters.
local letter = require "notify.letter"
local suite = dofile "tests/lib/suite.lua"

local tests = {}

local function text_of(subject, line)
  return letter.text { from = "a@b.example", to = { "c@d.example", "e@f.example" }, subject = subject,
    lines = { { "Error", line } }, now = 0 }
end

for _, row in ipairs { { 0, "Thu, 1 Jan 1970 00:00:00 +0000" }, { 1801362600, "Sun, 31 Jan 2027 02:30:00 +0000" },
  { 951782399, "Mon, 28 Feb 2000 23:59:59 +0000" } } do
  tests[#tests + 1] = { "date " .. row[1], function() suite.equal(letter.date(row[1]), row[2]) end }
end

for _, row in ipairs { { "ops@corp.example", true }, { "a.b+c@localhost", true }, { "ops", false }, { "@corp.example", false },
  { "ops@corp.example>\r\nBcc: x@y.example", false }, { "a b@c.example", false }, { "ops@.example", false }, { "ops@a..b", false },
  { "<ops@corp.example>", false }, { "öps@corp.example", false } } do
  tests[#tests + 1] = { "address " .. row[1], function() suite.equal(letter.is_address(row[1]), row[2]) end }
end

tests[#tests + 1] = { "no value leaves its header or line", function()
  local text = text_of("x\r\nBcc: evil@corp.example\r\n\r\nbody", "y\r\n.\r\nQUIT")
  suite.equal(text:find("\nBcc", 1, true), nil)
  suite.equal(text:match "\r\nSubject: ([^\r]*)\r\n", "x\\x0d\\x0aBcc: evil@corp.example\\x0d\\x0a\\x0d\\x0abody")
  suite.equal(text:find("\r\n.\r\n", 1, true), nil)
  suite.equal(select(2, text:gsub("\r\n\r\n", "")), 1)
end }

tests[#tests + 1] = { "what is not ASCII is encoded, and comes out of it whole", function()
  local base64 = require "base.base64"
  local subject = ("ä"):rep(60)
  local text = text_of(subject, ("ü="):rep(60))
  local decoded = {}
  for word in text:match "\r\nSubject: (.-)\r\nMessage%-ID":gmatch "=%?UTF%-8%?B%?([^?]*)%?=" do
    decoded[#decoded + 1] = base64.decode(word)
    assert(utf8.len(decoded[#decoded]), "a character was cut")
  end
  suite.equal(table.concat(decoded), subject)
  for line in text:gmatch "[^\r\n]+" do assert(#line <= 76 and not line:find "[\128-\255]", line) end
  local body = text:match "\r\n\r\n(.*)$":gsub("=\r\n", ""):gsub("=(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
  suite.equal(body, "Error: " .. ("ü="):rep(60) .. "\r\n")
end }

return suite.run("notify: letters", tests)
