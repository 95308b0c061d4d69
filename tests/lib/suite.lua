-- Unit tests in Lua. A file of tests ends with `return suite.run(name, tests)`, where tests is a list of { name, function }: a test
-- passes when its function returns without an error. A suite in which nothing ran has failed.
local suite = {}

local function show(v)
  if type(v) == "string" then return ("%q"):format(v):gsub("\\\n", "\\n") end
  if type(v) ~= "table" then return tostring(v) end
  local keys, parts = {}, {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) < type(b) end
    return a < b
  end)
  for _, k in ipairs(keys) do parts[#parts + 1] = (math.type(k) and "" or tostring(k) .. " = ") .. show(v[k]) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end
suite.show = show

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b and math.type(a) == math.type(b) end
  for k, v in pairs(a) do
    if not same(v, b[k]) then return false end
  end
  for k in pairs(b) do
    if a[k] == nil then return false end
  end
  return true
end

-- equal(got, want [, about]): tables are equal when all that they hold is; metatables do not count.
function suite.equal(got, want, about)
  if same(got, want) then return end
  error(("%sgot %s, want %s"):format(about and about .. ": " or "", show(got), show(want)), 2)
end

-- raises(pattern, function, ...): the call raises a string that holds the pattern.
function suite.raises(pattern, f, ...)
  local ok, why = pcall(f, ...)
  if ok then error(("no error, want one with %q"):format(pattern), 2) end
  if not tostring(why):find(pattern) then error(("the error %s has no %q"):format(show(why), pattern), 2) end
end

-- run(name, tests) -> true when all passed
function suite.run(name, tests)
  local passed, failed = 0, 0
  for _, test in ipairs(tests) do
    local ok, why = pcall(test[2])
    if ok then passed = passed + 1
    else
      failed = failed + 1
      print(("not ok %s: %s: %s"):format(name, test[1], type(why) == "table" and show(why) or why))
    end
  end
  print(("unit: %s: %d passed, %d failed"):format(name, passed, failed))
  return failed == 0 and passed > 0
end

return suite
