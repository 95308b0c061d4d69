-- Secrets as scripts have them: what joins them, what raises, and where their bytes come out.
local suite = dofile "tests/lib/suite.lua"
local emit = require "engine.emit"
local secret = require "engine.secret"
local subst = require "engine.subst"
local view = require "engine.view"

local emitter = emit.new {}

-- The bytes, by the one way that there is.
local function bytes(v)
  suite.equal(secret.is(v), true, "is a secret")
  return (emitter:json(v, nil, true):gsub('^"(.*)"$', "%1"))
end

local s = secret.of "hunter2"

-- Each raises, and the message holds the words.
local REFUSED = {
  { "looked into", function() return s.x end },
  { "looked into", function() return s[1] end },
  { "looked into", function() return s:len() end },
  { "looked into", function() return s:byte(1) end }, { "looked into", function() return #{ ipairs(s) } + ipairs(s)(s, 0) end },
  { "changed", function() s.x = 1 end }, { "measured", function() return #s end }, { "called", function() return s() end },
  { "compared", function() return s < "a" end },
  { "compared", function() return "a" < s end },
  { "compared", function() return s <= s end },
  { "compared", function() table.sort { s, s } end }, { "compared", function() return math.max(s, 1) end },
  { "calculated", function() return s + 1 end },
  { "calculated", function() return 2 ^ s end },
  { "calculated", function() return "1" * s end },
  { "calculated", function() return s // 1 end }, { "calculated", function() return s | 1 end }, { "calculated", function() return ~s end },
  { "negated", function() return -s end },
  { "table expected", function() return view.pairs(s) end },
  { "join", function() return s .. {} end },
  { "join", function() return nil .. s end }, { "join", function() return s .. true end },
  { "string expected, got secret", function() return string.len(s) end }, { "string expected", function() return string.byte(s) end },
  { "string expected", function() return string.rep(s, 2) end }, { "string expected", function() return string.sub(s, 1, 1) end },
  { "string expected", function() return string.find(s, "h") end }, { "string expected", function() return string.find("h", s) end },
  { "string expected", function() return string.gsub(s, ".", print) end },
  { "string/function", function() return string.gsub("x", "x", s) end },
  { "invalid replacement", function() return string.gsub("x", "x", function() return s end) end },
  { "invalid replacement", function() return string.gsub("x", "x", { x = s }) end },
  { "string expected", function() return string.format(s) end }, { "only stand for %%s", function() return ("%q"):format(s) end },
  { "only stand for %%s", function() return ("%.1s"):format(s) end }, { "only stand for %%s", function() return ("%5s"):format(s) end },
  { "only stand for %%s", function() return ("%d"):format(s) end }, { "only stand for %%s", function() return ("%c"):format(s) end },
  { "invalid conversion", function() return ("%s %p"):format(s, {}) end }, { "no value", function() return ("%s%s"):format(s) end },
  { "invalid conversion", function() return ("%s%"):format(s) end }, { "invalid conversion", function() return ("%s%y"):format(s, 1) end },
  { "number expected", function() return ("%s%d"):format(s, "x") end },
  { "string expected", function() return table.concat({ "a" }, s) end }, { "invalid value", function() return table.concat { s, {} } end },
  { "invalid value", function() return table.concat({ s }, "", 1, 2) end },
  { "number expected", function() return table.concat({ s }, "", "x") end },
  { "measured", function() return table.unpack(s) end }, { "measured", function() return table.insert(s, 1) end },
  { "string expected", function() return utf8.len(s) end }, { "number expected", function() return utf8.char(s) end },
  { "secret takes a string", function() return secret.of {} end }, { "secret takes a string", function() return secret.of(print) end },
}

local tests = {
  { "is opaque", function()
    for i, row in ipairs(REFUSED) do
      local ok, why = pcall(row[2])
      if ok then error(("row %d: no error"):format(i)) end
      if not why:find(row[3] or row[1]) then error(("row %d: %s"):format(i, why)) end
      if why:find("hunter", 1, true) then error(("row %d tells it: %s"):format(i, why)) end
    end
  end },
  { "has a type and a text of its own", function()
    suite.equal(view.type(s), "secret")
    suite.equal(tostring(s), "secret")
    suite.equal(tonumber(secret.of "12"), nil)
    suite.equal(s == "hunter2", false)
    suite.equal(s == secret.of "hunter2", false)
  end },
  { "is made of strings, numbers and booleans", function()
    suite.equal(bytes(secret.of "hunter2"), "hunter2")
    suite.equal(bytes(secret.of(12)), "12")
    suite.equal(bytes(secret.of(false)), "false")
    suite.equal(bytes(secret.of ""), "")
    suite.equal(secret.of(nil), nil)
    suite.equal(rawequal(secret.of(s), s), true)
  end },
  { "joins", function()
    suite.equal(bytes("<" .. s .. ">"), "<hunter2>")
    suite.equal(bytes(1 .. s), "1hunter2")
    suite.equal(bytes(s .. s), "hunter2hunter2")
    suite.equal(bytes(("%s:%s@%d%%%5.1f %q"):format("u", s, 7, 1.5, "x")), [[u:hunter2@7%  1.5 \"x\"]])
    suite.equal(bytes(("%s\0%s"):format(s, nil)), "hunter2\\u0000nil")
    suite.equal(bytes(table.concat({ "a", s, 1, s }, ", ")), "a, hunter2, 1, hunter2")
    suite.equal(bytes(table.concat({ "a", s, 1, s }, "-", 2, 3)), "hunter2-1")
    suite.equal(table.concat({ "a", s, 1 }, "-", 3), "1")
    suite.equal(table.concat({ s }, "-", 2, 1), "")
    suite.equal(bytes(table.concat({ [math.maxinteger] = s }, "-", math.maxinteger, math.maxinteger)), "hunter2")
    suite.equal(table.concat({ "a", 1 }, "-"), "a-1")
  end },
  { "makes a secret of text that it is put into", function()
    local got = subst.expand({ a = "x${S}", b = "${S:0:1}", c = "${#S}", d = "${P:=${S}}", e = "${P}", f = "${S^^}", g = { "${S%2}" } },
      { S = s, P = "p" })
    suite.equal({ bytes(got.a), bytes(got.b), bytes(got.c), bytes(got.d), got.e, bytes(got.f), bytes(got.g[1]) },
      { "xhunter2", "h", "7", "p", "p", "HUNTER2", "hunter" })
  end },
  { "is no key", function()
    local ok, why = pcall(subst.expand, { ["x${S}"] = 1 }, { S = secret.labelled(s, "S (provider x)") })
    suite.equal({ ok, why.key, why.secret }, { false, "x${S}", "S (provider x)" })
  end },
  { "keeps its labels", function()
    local one, other = secret.labelled(s, "A (provider x)"), secret.labelled(s, "B (provider y)")
    suite.equal(secret.label(s), nil)
    suite.equal(secret.label("x" .. one), "A (provider x)")
    suite.equal(secret.label(one .. other .. one), "A (provider x), B (provider y)")
    suite.equal(secret.label(subst.expand({ "${A}${B}${C}" }, { A = one, B = other, C = "c" })[1]), "A (provider x), B (provider y)")
  end },
  { "is written when that is asked for", function()
    suite.equal({ emitter:yaml { a = { s } } }, { nil, "cannot write a[0]: a secret" })
    suite.equal({ emitter:json { a = s } }, { nil, "cannot write a: a secret" })
    suite.equal(emitter:yaml({ a = s, b = secret.of "x\ny\n", c = secret.of "true" }, nil, true), 'a: hunter2\nb: |\n  x\n  y\nc: "true"\n')
  end },
  { "is masked", function()
    suite.equal(secret.mask "it is hunter2", "it is ***")
    suite.equal(secret.mask "it is none", "it is none")
    local pieces = secret.of "ab" .. secret.of "cd" -- too short each, and not together
    suite.equal(secret.mask "abcd ab cd", "*** ab cd")
    suite.equal(secret.is(pieces), true)
  end },
}

return suite.run("secret", tests)
