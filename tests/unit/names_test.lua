local suite = dofile "tests/lib/suite.lua"
local names = require "templates.names"

local X = ("x"):rep(60)

local tests = {
  { "with_suffix", function()
    suite.equal(names.with_suffix("stash-backup", "demo", "0"), "stash-backup-demo-0")
    suite.equal(names.with_suffix("a", "", "0"), "a--0")
    suite.equal(names.with_suffix("-a", "b", "0-"), "a-b-0")
    suite.equal(names.with_suffix("", "b", ""), "b")
  end },
  { "with_suffix at the limit", function()
    suite.equal(names.with_suffix("a", X:sub(1, 59), "0"), "a-" .. X:sub(1, 59) .. "-0")
    local name = names.with_suffix("prefix", X .. "middle" .. X, "suffix")
    suite.equal(#name, 63)
    suite.equal(name, "prefix-" .. X:sub(1, 25) .. X:sub(1, 24) .. "-suffix")
  end },
  { "with_suffix strips after cutting", function()
    local name = names.with_suffix(("p"):rep(20), ("-"):rep(80), "s")
    suite.equal(name, ("p"):rep(20) .. ("-"):rep(42) .. "s")
    suite.equal(names.with_suffix("--", ("-"):rep(80), "-"), "")
  end },
  { "cut", function()
    suite.equal(names.cut("short"), "short")
    suite.equal(names.cut(X .. "abcdef"), X .. "abc")
    suite.equal(names.cut(X .. "a-bcdef"), X .. "a-b")
    suite.equal(names.cut(X .. "ab-cdef"), X .. "ab")
    suite.equal(names.cut("-a-"), "a")
    suite.equal(names.cut(""), "")
  end },
  { "without_dots", function()
    suite.equal(names.without_dots("a.b..c"), "a-b--c")
    suite.equal(select("#", names.without_dots("a.b")), 1)
  end },
}
return suite.run("names", tests)
