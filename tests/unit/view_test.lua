local suite = dofile "tests/lib/suite.lua"
local view = require "engine.view"
local load = require "engine.load"

local function collect(iterable)
  local got = {}
  for k, v in iterable do got[#got + 1] = { k, v } end
  return got
end

local function keys_of(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  return keys
end

local tests = {
  { "shows values", function()
    local v = view.of { a = 1, b = "x", c = false, d = 1.5, e = load.null }
    suite.equal({ v.a, v.b, v.c, v.d }, { 1, "x", false, 1.5 })
    suite.equal(v.e, nil)
    suite.equal(v.missing, nil)
  end },
  { "values that are no tables are themselves", function()
    suite.equal(view.of(1), 1)
    suite.equal(view.of("x"), "x")
    suite.equal(view.of(nil), nil)
    suite.equal(view.of(load.null), nil)
    suite.equal(view.shown(1), 1)
    suite.raises("bad argument", view.of)
  end },
  { "is read-only, at every depth", function()
    local t = { a = { b = { 1 } } }
    local v = view.of(t)
    suite.raises("read%-only", function() v.a = 1 end)
    suite.raises("read%-only", function() v.new = 1 end)
    suite.raises("read%-only", function() v.a.b[1] = 2 end)
    suite.raises("read%-only", function() v.a.b[2] = 2 end)
    suite.raises("", rawset, v, "a", 1)
    suite.raises("", table.insert, v.a.b, 1)
    suite.raises("", setmetatable, v, {})
    suite.equal(t, { a = { b = { 1 } } })
  end },
  { "shows later changes of the table", function()
    local t = { a = 1 }
    local v = view.of(t)
    t.a = 2
    suite.equal(v.a, 2)
  end },
  { "one table has one view", function()
    local t = { a = {} }
    t.same = t.a
    local v = view.of(t)
    assert(v.a == v.a and v.a == v.same and view.of(t) == v and view.of(t.a) == v.a)
    assert(view.of {} ~= view.of {})
    assert(view.shown(v) == t and view.shown(v.a) == t.a)
    local as_key = { [v.a] = "found" }
    suite.equal(as_key[v.same], "found")
  end },
  { "a view of a view is the view", function()
    local v = view.of { 1 }
    assert(view.of(v) == v)
  end },
  { "pairs goes in the order of the keys", function()
    local t = { b = 1, a = 2, [10] = 3, [2] = 4, B = 5, [""] = 6, ["a\0"] = 7, ["\u{e9}"] = 8, [1.5] = 9 }
    local want = { 1.5, 2, 10, "", "B", "a", "a\0", "b", "\u{e9}" }
    suite.equal(keys_of(view.of(t)), want)
    suite.equal(view.keys(t), want)
    suite.equal(view.keys(view.of(t)), want)
    local got = {}
    for k in view.pairs(t) do got[#got + 1] = k end
    suite.equal(got, want)
  end },
  { "pairs of a view leaves null out, that of a table keeps it", function()
    local t = { a = load.null, b = 1 }
    suite.equal(keys_of(view.of(t)), { "b" })
    suite.equal(collect(view.pairs(t)), { { "a", load.null }, { "b", 1 } })
  end },
  { "pairs of a view gives views", function()
    for _, v in pairs(view.of { { 1 } }) do suite.raises("read%-only", function() v[1] = 2 end) end
  end },
  { "pairs goes on when the table changes", function()
    local t = { a = 1, b = 2, c = 3 }
    local got = {}
    for k in view.pairs(t) do
      got[#got + 1] = k
      t.b = nil
      t.d = 4
    end
    suite.equal(got, { "a", "c" })
  end },
  { "pairs of many keys", function()
    local t, want = {}, {}
    for i = 1, 3000 do
      want[i] = ("k%05d"):format(i)
      t[want[i]] = i
    end
    suite.equal(view.keys(t), want)
  end },
  { "keys without an order are refused", function()
    suite.raises("boolean keys", view.keys, { [true] = 1 })
    suite.raises("table keys", view.pairs, { [{}] = 1 })
    suite.raises("table expected", view.keys, 1)
  end },
  { "lists", function()
    local v = view.of { "a", { "b" }, "c" }
    suite.equal(#v, 3)
    local got = {}
    for i, item in ipairs(v) do got[i] = type(item) == "string" and item or item[1] end
    suite.equal(got, { "a", "b", "c" })
    suite.equal(#view.of {}, 0)
  end },
  { "views do not keep what they show from being collected", function()
    for _ = 1, 20000 do view.of { ("x"):rep(100) } end
  end },
}
return suite.run("view", tests)
