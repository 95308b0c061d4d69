-- Findings against what a test expects: "rule @ path: words of the message", where the object may stand before the path as Kind/name.
local expect = {}

-- Splits at the first ": " that is not within the brackets of a path.
local function split(text)
  local at = 1
  while true do
    local stop = text:find(":%s", at)
    local quoted, closed = text:find('%[".-"%]', at)
    if not stop then return text end
    if not quoted or stop < quoted then return text:sub(1, stop - 1), text:match("^%s*(.*)$", stop + 1) end
    at = closed + 1
  end
end

-- parse(text) -> { rule, object = "Kind/name" or nil, path, words }
function expect.parse(text)
  local head, words = split(text)
  local rule, where = head:match "^%s*([^%s@]*)%s*@?%s*(.-)%s*$"
  local object, path = where:match "^(%u%w*/%S+)%s*(.*)$"
  return { text = text, rule = rule, object = object, path = path or where, words = words or "" }
end

local function name_of(finding)
  local object = finding.object or {}
  return ("%s/%s"):format(object.kind or "", object.name or "")
end

local function is_object(wanted, finding)
  if not wanted or wanted == name_of(finding) then return true end
  local object = finding.object or {}
  return wanted == ("%s/%s/%s"):format(object.kind, object.namespace or "", object.name)
end

local function meets(finding, wanted)
  return finding.rule == wanted.rule and (finding.path or "") == wanted.path and is_object(wanted.object, finding)
    and finding.message:find(wanted.words, 1, true) ~= nil
end

-- Those that ask for more are served first, so that they do not go without.
local function by_demand(all)
  local ordered = table.move(all, 1, #all, 1, {})
  local function demand(wanted) return #wanted.words + (wanted.object and 10000 or 0) end
  table.sort(ordered, function(a, b)
    if demand(a) ~= demand(b) then return demand(a) > demand(b) end
    return a.text < b.text
  end)
  return ordered
end

-- compare(findings, wanted) -> the wanted that no finding met, the findings that nobody wanted; each finding meets one.
function expect.compare(findings, wanted)
  local met, missing, unexpected = {}, {}, {}
  for _, each in ipairs(by_demand(wanted)) do
    local found
    for _, finding in ipairs(findings) do
      if not found and not met[finding] and meets(finding, each) then found = finding end
    end
    if found then met[found] = true else missing[#missing + 1] = each end
  end
  for _, finding in ipairs(findings) do
    if not met[finding] then unexpected[#unexpected + 1] = finding end
  end
  return missing, unexpected
end

-- shown(finding, several objects) -> the finding as a test would expect it
function expect.shown(finding, several)
  local object = several and name_of(finding) .. " " or ""
  local where = (object .. (finding.path or "")):gsub(" $", "")
  return ("%s%s: %s"):format(finding.rule, where == "" and "" or " @ " .. where, finding.message)
end

-- several(findings) -> whether they are about more than one object
function expect.several(findings)
  for _, finding in ipairs(findings) do
    if name_of(finding) ~= name_of(findings[1]) then return true end
  end
  return false
end

return expect
