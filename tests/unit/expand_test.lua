-- engine.subst: substitution in trees, and where in the file a reference stands.
local suite = dofile "tests/lib/suite.lua"
local subst = require "engine.subst"
local load = require "engine.load"
local view = require "engine.view"

local function parse(text)
  local reader = assert(load.reader(assert(load.source(text, "test.yaml"))))
  return assert(load.next(reader))
end

-- The references of a text's tree as "name[?]@line:column" in the order they come in.
local function references(text)
  local found, errors = subst.scan(parse(text))
  local out = {}
  for _, ref in ipairs(found) do
    local line, column, end_line, end_column = load.inside(ref.table, ref.key, ref.part, ref.offset, ref.length)
    suite.equal(end_line, line)
    out[#out + 1] = ("%s%s@%d:%d-%d"):format(ref.name, ref.optional and "?" or "", line, column, end_column)
  end
  for _, e in ipairs(errors) do
    local line, column = load.inside(e.table, e.key, e.part, e.offset, e.length)
    out[#out + 1] = ("!%s@%d:%d"):format(e.message, line, column)
  end
  return table.concat(out, " ")
end

-- { text, references }
local SCANNED = {
  { "a: x\nb: [1, true, null]\n", "" },
  { "a: ${x}\n", "x@1:6-7" },
  { "a: '${x}'\n", "x@1:7-8" },
  { "a: \"${x}\"\n", "x@1:7-8" },
  { "b: ${x}\na: ${name}\n", "name@2:6-10 x@1:6-7" },
  { "a: ${x} ${x} ${y}\n", "x@1:6-7 y@1:16-17" },
  { "a: x ${x}\n", "x@1:8-9" }, -- the name's letters stand in the text before it too
  { "x: ${x}\n", "x@1:6-7" },
  { "a: ${x:=1}\n", "x?@1:6-7" },
  { "a: ${x:=1} ${x}\n", "x@1:14-15" },
  { "a: ${x:=${y}}\n", "y@1:11-12 x?@1:6-7" },
  { "- a\n- b: ${x}\n  c:\n  - ${y}\n", "x@2:8-9 y@4:7-8" },
  { "${k}: 1\n", "k@1:3-4" },
  { "${k}: ${v}\n", "k@1:3-4 v@1:9-10" },
  { "a: |\n  one\n  ${x}\n", "x@3:5-6" },
  { "a: >\n  one\n  ${x} two\n", "x@3:5-6" },
  { "\u{e9}: \u{20ac}${x}\n", "x@1:7-8" },
  { "a: ${\u{e9}}\n", "\u{e9}@1:6-7" },
  { "{\"a\": \"\\n${x}\"}\n", "x@1:12-13" },
  { "a: ${}\n", "!unable to parse variable name@1:4" },
  { "a: b ${x ${y}\n", "!missing closing brace@1:6" },
  { "a: ${x}\nb: ${y\n", "x@1:6-7 !missing closing brace@2:4" },
  { "a: $${x} $(y) $z\n", "" },
  { "a: &m {b: \"${x}\"}\nc: *m\n", "x@1:14-15 x@1:14-15" },
}

local VALUES = { n = "value", e = "", yes = "yes", brace = "}", json = "\", \"x\": [\n", a = "a", keep = false, list = "[1, 2]" }

-- { text, what it becomes }
local EXPANDED = {
  { "a: ${n}\n", { a = "value" } },
  { "a: [1, 1.5, true, \"x\"]\n", { a = { 1, 1.5, true, "x" } } },
  { "a: ${yes}\nb: ${list}\n", { a = "yes", b = "[1, 2]" } }, -- always strings
  { "a: ${json}\n", { a = VALUES.json } },
  { "${n}: 1\nb: 2\n", { value = 1, b = 2 } }, -- the key is replaced
  { "${e}: 1\n", { [""] = 1 } },
  { "a: {'${n}': {'${a}': '${n}'}}\n", { a = { value = { a = "value" } } } },
  { "a: ${u:=w}\n", { a = "w" } },
  { "a: x ${keep} $${n}\n", { a = "x ${keep} ${n}" } },
  { "a: $$\n", { a = "$" } },
  { "a: null\n", { a = load.null } },
  { "a: {}\nb: []\n", { a = {}, b = {} } },
}

local function raised(text)
  local ok, why = pcall(subst.expand, parse(text), VALUES)
  assert(not ok, "no error")
  return why
end

local tests = {}
for _, row in ipairs(SCANNED) do
  tests[#tests + 1] = { "scan " .. row[1], function() suite.equal(references(row[1]), row[2]) end }
end
for _, row in ipairs(EXPANDED) do
  tests[#tests + 1] = { "expand " .. row[1], function()
    local tree = parse(row[1])
    suite.equal(subst.expand(tree, VALUES), row[2])
    suite.equal(subst.expand(view.shown(view.of(tree)), VALUES), row[2])
    suite.equal(tree, parse(row[1]), "the original") -- is left as it was
  end }
end

local function add(name, f) tests[#tests + 1] = { name, f } end

add("a copy has the places of the original", function()
  local tree = parse "a:\n  - ${n}\n  - b: ${n}\n"
  local copy = subst.expand(tree, VALUES)
  suite.equal({ load.place(copy, "a") }, { load.place(tree, "a") })
  suite.equal({ load.place(copy.a, 2) }, { load.place(tree.a, 2) })
  suite.equal({ load.place(copy.a[2], "b") }, { 3, 8, 3, 12 })
  assert(load.is_list(copy.a) and not load.is_list(copy))
end)

add("an empty list stays a list, an empty map a map", function()
  local copy = subst.expand(parse "a: []\nb: {}\n", VALUES)
  assert(load.is_list(copy.a) and not load.is_list(copy.b))
end)

add("a key that changed leads back to its table", function()
  local copy = subst.expand(parse "x: 1\n${n}: 2\n", VALUES)
  suite.equal((load.place(copy, "value")), 1) -- no such key was written: the place of the map
end)

add("a name without a value", function()
  local why = raised "a: ${n}\nb: x${missing}\n"
  suite.equal({ why.name, why.text, why.message }, { "missing", "x${missing}", "input/default value not found for key" })
end)

add("a negative length", function()
  local why = raised "a: ${n:0:-1}\n"
  suite.equal({ why.name, why.message }, { "n", "the length of a substring is negative" })
end)

add("a syntax error", function()
  local why = raised "a: ${n\n"
  suite.equal({ why.name, why.text, why.message }, { nil, "${n", "missing closing brace" })
end)

add("two keys that become one", function()
  local tree = parse "x:\n  value: 1\n  ${n}: 2\n"
  local ok, why = pcall(subst.expand, tree, VALUES)
  suite.equal(ok, false)
  suite.equal(why.message, "two keys become \"value\"")
  assert(why.table == tree.x)
  suite.equal(raised("${n}: 1\n${u:=value}: 2\n").message, "two keys become \"value\"")
  suite.equal(raised("${n}: null\n${u:=value}: 2\n").message, "two keys become \"value\"")
  suite.equal(raised("${n}: false\n${u:=value}: 2\n").message, "two keys become \"value\"")
end)

add("a number's key is no string's", function()
  suite.equal(subst.expand({ [1] = "a", ["${u:=1}"] = "b" }, VALUES), { "a", ["1"] = "b" })
end)

add("views within a tree are shown", function()
  local tree = { a = view.of { b = "${n}" } }
  suite.equal(subst.expand(tree, VALUES), { a = { b = "value" } })
  suite.equal(#subst.scan(tree), 1)
end)

add("a tree that contains itself", function()
  local tree = {}
  tree.a = tree
  suite.raises("too deep", subst.scan, tree)
  suite.raises("too deep", subst.expand, tree, VALUES)
end)

add("wrong arguments", function()
  suite.raises("table expected", subst.scan, "x")
  suite.raises("table expected", subst.expand, {}, nil)
end)

add("the same text with other values", function()
  local tree = { a = "${n}-${e}" }
  suite.equal(subst.expand(tree, { n = "1", e = "2" }), { a = "1-2" })
  suite.equal(subst.expand(tree, { n = "", e = ("x"):rep(100000) }).a:len(), 100001)
  suite.equal(subst.expand(tree, { n = "3", e = "" }), { a = "3-" })
end)

return suite.run("expand", tests)
