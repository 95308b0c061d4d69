-- Shows whatever might differ from run to run: a template whose object holds orders of keys, texts of values without one, sorts with ties,
-- numbers, what servers said, and a rule that speaks of all of it.
local function keys_of(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = tostring(key) end
  return table.concat(keys, " ")
end

local function mixed()
  local t = { 3, 2, 1, [-1] = 1 }
  for i = 1, 200 do t["key" .. i * 7919 % 1000] = i end
  return t
end

-- A sort whose order says nothing of those that are equal.
local function sorted()
  local list = {}
  for i = 1, 500 do list[i] = { i % 7, i } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for i, each in ipairs(list) do list[i] = each[2] end
  return table.concat(list, " ")
end

local function errors()
  local texts = {}
  local function try(f, ...)
    local _, why = pcall(f, ...)
    texts[#texts + 1] = tostring(why)
  end
  try(function() return {} .. "x" end)
  try(function() return {} < {} end)
  try(function() return mixed.x.y end)
  try(function() return ("%p"):format({}) end)
  try(function() error({}) end)
  try(http.get, "https://elsewhere.example/")
  try(http.get, "https://inventory.example/not-recorded?token=x")
  try(files.read, "/etc/hostname")
  try(json.decode, "{")
  try(re.find, "x", "(")
  return table.concat(texts, "\n")
end

local function numbers()
  local texts = {}
  for i, n in ipairs { 0.1, 1 / 3, 1e300, 2 ^ 53, 0 / 0, -0.0, 1 / 0, 1234567.891, 123456789012 } do
    texts[i] = tostring(n) .. " " .. ("%g %.3f %5.1e %a"):format(n, n, n, n)
  end
  return table.concat(texts, "\n")
end

template "odd" {
  summary = "what might differ",
  render  = function(ctx)
    local owners = http.get("https://inventory.example/owners.json").json()
    return {
      apiVersion = "v1", kind = "ConfigMap", metadata = ctx:metadata(),
      data = {
        keys = keys_of(mixed()), globals = keys_of(_G), modules = keys_of(http) .. keys_of(string), answer = keys_of(owners),
        values = tostring {} .. tostring(pcall) .. tostring(keys_of) .. tostring(ctx) .. tostring(owners) .. ("%s"):format(string.rep),
        sorted = sorted(), errors = errors(), numbers = numbers(),
        letters = ("ÄÖÜäöüIıi"):upper() .. ("ÄÖÜIİ"):lower() .. tostring(("é"):find "%a") .. tostring(re.find("é", "^\\w$")),
        less = tostring("a" < "B") .. tostring("é" < "z") .. tostring("-a" < "a"),
        headers = keys_of(http.get("https://inventory.example/owners.json").headers),
        files = table.concat(files.list "values", " "), file = ctx:variable "FROM_FILE", dotenv = ctx:variable "FROM_DOTENV",
        lengths = #{ 1, 2, nil, 4 } .. " " .. select("#", table.unpack { 1, nil, 3 }),
      },
    }
  end,
}

rule "repeat/order" {
  summary = "speaks of every key",
  kinds   = { "ConfigMap", "Job" },
  check   = function(object, report)
    for key in pairs(object.metadata) do report(object.metadata, key, "the key " .. key) end
  end,
}
