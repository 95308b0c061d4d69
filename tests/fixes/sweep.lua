-- Every value of many files is replaced, every key removed, and a key added to every map: a fix that is done changes exactly that, and no
-- comment goes unless it is part of what goes.
local page = require "fixes.page"
local plan = require "fixes.plan"
local shell = dofile "tests/lib/shell.lua"
local value = require "base.value"

-- Texts with what is hard to edit, and some files as people write them.
local TEXTS = {
  [[
# head
a: &x {b: 1}   # one
c: *x
d: |
  line1
  # no comment

# comment
e:
f:
- &y 1
-
- - z
  - !!str 5
g: "q
  r"   # c
h: {k: , l: [1, 2,], "m" : 'n'}
i:
  # inner
  j: 1  # t

  # after

k: &z
  l: 1
m:
  <<: *z
  o: plain
    multi
? p
: q
r: >-
  folded

s: []
t: {}
last:
- name: x   # first
  value: y
- name: z
]],
  "{\n  \"a\": {\"é\": 1, \"b\": [\"x\", true]},\n  \"c\": []\n}\n",
  "a: é # ü\r\nb:\r\n  c: 1\r\n  # d\r\n  e: |+\r\n    x\r\n\r\n# end\r\n",
  "a:\n- b: 1\n- c\n...\n---\n- x\n- y: {}\n--- # third\nd: e",
}
for path in io.popen "find examples tests/conformance/cases -name '*.yaml' | LC_ALL=C sort | head -12":lines() do
  TEXTS[#TEXTS + 1] = shell.read(path)
end

local counts = { done = 0, refused = 0 }
local refusals, failed = {}, 0

local function complain(...)
  failed = failed + 1
  print("not ok sweep: " .. (...):format(select(2, ...)))
end

local function comments(text)
  local found = {}
  for comment in text:gmatch "%f[^%s%z]#[^\r\n]*" do found[#found + 1] = comment end
  return found
end

-- Every comment of the first text is in the other one.
local function keeps_comments(before, after)
  for _, comment in ipairs(comments(before)) do
    if not after:find(comment, 1, true) then return false end
  end
  return true
end

-- Tries a change of the text; `kind` says which.
local function try(text, kind, document, keys, was, to)
  local own = assert(page.parse(text, "text"))
  local request = { document = document, keys = keys, was = was, to = to, remove = to == nil }
  local after = plan.run(own, { request }, "text")
  local where = ("%s %d %s"):format(kind, document, table.concat(keys, "."))
  if not request.done then
    counts.refused = counts.refused + 1
    refusals[request.why] = (refusals[request.why] or 0) + 1
    if after.text ~= text then complain("%s was refused, and yet changed", where) end
    return
  end
  counts.done = counts.done + 1
  if not page.parse(after.text, "text") then complain("%s cannot be read any more:\n%s", where, after.text) end
  if kind ~= "remove" and not keeps_comments(text, after.text) then complain("%s lost a comment:\n%s", where, after.text) end
end

local function sweep(text, document, t, keys)
  for _, key in ipairs(value.keys(t)) do
    local own = table.move(keys, 1, #keys, 1, {})
    own[#own + 1] = key
    for _, new in ipairs { "x: y #z", "plain", 5, { q = { 1, "two" } }, value.list { "a", { b = true } } } do
      if type(new) == "table" and new.q then new.q = value.list(new.q) end
      try(text, "replace", document, own, t[key], new)
    end
    try(text, "remove", document, own, t[key], nil)
    if type(t[key]) == "table" then sweep(text, document, t[key], own) end
  end
  if not value.is_list(t) then
    local own = table.move(keys, 1, #keys, 1, {})
    table.move({ "new", "deep" }, 1, 2, #own + 1, own)
    try(text, "add", document, own, nil, "v: 1")
  end
end

for _, text in ipairs(TEXTS) do
  for i, root in ipairs(assert(page.parse(text, "text")).roots) do
    if type(root) == "table" then sweep(text, i, root, {}) end
  end
end

if os.getenv "VERBOSE" then
  for why, count in pairs(refusals) do print(("%6d %s"):format(count, why)) end
end
print(("fixes: %d changes, %d refused, %d failed"):format(counts.done, counts.refused, failed))
return failed == 0 and counts.done > 1000 and counts.refused * 10 < counts.done
