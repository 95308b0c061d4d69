-- Calls of find, match, gmatch, gsub and table.sort, and what they give: run by Lua itself and by moonstep's engine, which must print the
-- same. One line a call.
local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "string" and ("%q"):format(v):gsub("\\\n", "\\n") or tostring(v)
  end
  return table.concat(out, " ")
end

local function call(name, f, ...)
  local given = show(...)
  local results = table.pack(pcall(f, ...))
  if not results[1] then results[2] = tostring(results[2]):gsub("^[^:]*:%d+: ", "") end
  print(name .. " " .. given .. " = " .. show(table.unpack(results, 1, results.n)))
end

local function all_matches(text, pattern, start)
  local out = {}
  for a, b in text:gmatch(pattern, start) do
    out[#out + 1] = show(a, b)
    if #out > 50 then break end
  end
  return table.concat(out, "; ")
end

local TEXTS = { "", "a", "hello world", "THE (quick) fox", "aaa", "key = value", "  trim  ", "a.b-c", "x\0y\0", "[[]]", "((a)(b(c)))", "f(a(b)c)d)",
  "2024-11-21T05:12:00Z", "%d+%%", "one\ntwo\n", "\u{e9}t\u{e9}\xff", "abcabcabc", ("ab"):rep(40), "aaaaab aaaa", "aab/aab", "ab a(b) ab.", "a]b^c-d", "\\n\t" }

local PATTERNS = { "", "a", "a*", "a+", "a-", "a?", ".", ".-", ".*", "^", "$", "^a", "a$", "^a$", "^$", "$a", "a^", "l+", "[a-c]+", "[^a-c]+", "[]]", "[^]]", "[]-a]",
  "[a-]", "[-a]", "[%a_]+", "[%w%s]*", "%a+", "%A+", "%d+", "%D", "%s+", "%S+", "%w+%W", "%p", "%P+", "%c", "%x+", "%X", "%u+", "%l+", "%g+", "%z", "%Z+",
  "()", "(a)()", "(.)(.)", "((.)(.))", "(%w+) (%w+)", "(%w+)%s*=%s*(%w+)", "^%s*(.-)%s*$", "%b()", "%b[]", "%b", "%b(", "%bxx", "%f[%w]%w+", "%f[%W]", "%f[a]",
  "%f", "%f[", "(.)%1", "(a*)%1", "(.-)%1b", "%1", "(%1)", "()%1", "(a)%2", "(", ")", "(a", "a)", "(()", "%", "a%", "[", "[a", "[^", "[]", "[^]", "[%", "[%a",
  "[a-%d]", "[%d-z]", "[\1-\31]", "[\x80-\xff]+", "%.", "%%", "%-", "a.-c", "(a.-)(c*)", ".-$", ".*$", "a**", "a+?", "a-?", "^^a", "x*", "\0", "[\0]+", "%0",
  "(((((((((((((((((((((((((((((((((", "(.)(.)(.)(.)(.)(.)(.)(.)(.)", "%w*%d", "(%d+)-(%d+)-(%d+)", "[Tt][Hh]", "[^%s]+", "%S-o",
  -- what begins with a run, and fails behind it
  "[^/]*$", "([^a]*)$", "%w+%s", "(%w*)%.", "((%w+))%(", "a+b", "a*$", "(a+)%1b", "(a*)(b)%1", "[%w ]*=()", "a*%f[%W]", ".*z", ".+z", "(.*)()q", "%w*%b()", "()a+b",
  "%s*$", "[ab]+c", "[ab]*%%1" }

local REPLACEMENTS = { "", "x", "%0", "%1", "%2", "<%0>", "%%", "%", "%x", "%0%1", "\0", 5 }

for _, text in ipairs(TEXTS) do
  for _, pattern in ipairs(PATTERNS) do
    call("find", string.find, text, pattern)
    call("match", string.match, text, pattern)
    call("gmatch", all_matches, text, pattern)
    for _, by in ipairs(REPLACEMENTS) do call("gsub", string.gsub, text, pattern, by) end
  end
end

for _, start in ipairs { -100, -3, -1, 0, 1, 2, 5, 11, 12, 13, 100, math.mininteger, math.maxinteger } do
  for _, pattern in ipairs { "o", "", "l*", "^w", "$", "()" } do
    call("find from", string.find, "hello world", pattern, start)
    call("plain from", string.find, "hello world", pattern, start, true)
    call("match from", string.match, "hello world", pattern, start)
    call("gmatch from", all_matches, "hello world", pattern, start)
    call("gsub most", string.gsub, "hello world", pattern, "-", start)
  end
end

local function first_upper(a, b) return a and a:upper() .. (b or "") end
local VALUES = { { h = "H", o = 0, l = false }, first_upper, function() end, function() return false end, function() return {} end, function() error "own" end,
  function() return 1.5 end }
for i, by in ipairs(VALUES) do
  for _, pattern in ipairs { ".", "%w", "(h)(e)", "()", "x", "l+" } do
    call("gsub value " .. i, function() return string.gsub("hello world", pattern, by) end)
  end
end
call("gsub nothing", function() return string.gsub("a", "a") end)
call("gsub true", function() return string.gsub("a", "a", true) end)
call("find nothing", function() return string.find("a") end)
call("number", string.find, 12345, 34)
call("deep", string.find, ("x"):rep(300), ("x?"):rep(190) .. "x*")
call("deeper", string.find, ("x"):rep(300), ("x?"):rep(300) .. "x*")
call("long", string.find, ("x"):rep(100000) .. "y", "x*y")
call("plain", string.find, "a.b%d", ".b%", 1, true)
call("rep", string.rep, "ab", 3, ",")
call("rep none", string.rep, "ab", -1)
call("format", string.format, "%5d|%-5s|%05.1f|%x|%q|%%|%c|%s|%s|%i", 42, "ab", 3.14159, 255, "a\nb", 65, nil, true, 7)
call("format few", string.format, "%d")
call("format wrong", string.format, "%d", "x")
call("format unknown", string.format, "%y", 1)

-- Lists without equal items have one order, whatever the algorithm.
local seed = 42
local function random(most)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed % most + 1
end
for _, count in ipairs { 0, 1, 2, 3, 5, 6, 7, 13, 100, 1000 } do
  local list, words = {}, {}
  for i = 1, count do list[i] = i * 7 end
  for i = count, 2, -1 do
    local k = random(i)
    list[i], list[k] = list[k], list[i]
  end
  for i, n in ipairs(list) do words[i] = ("w%05d"):format(n) end
  table.sort(list)
  print("sort " .. table.concat(list, " "))
  table.sort(list, function(a, b) return a > b end)
  print("sort down " .. table.concat(list, " "))
  table.sort(words)
  print("sort words " .. table.concat(words, " "))
end
call("sort mixed", function() table.sort { 1, "x" } end)
call("insert", function() local t = { 1, 2 } table.insert(t, 1, 0) table.insert(t, 9) return table.concat(t, " ") end)
call("insert out", function() table.insert({ 1 }, 5, 0) end)
call("insert many", function() table.insert({}, 1, 2, 3) end)
call("remove", function() local t = { 1, 2, 3 } return table.remove(t, 1), table.remove(t), #t end)
call("remove out", function() table.remove({ 1 }, 7) end)
call("move", function() return table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), " ") end)
