-- Rules that look at objects in every way that there is.

local function is_short(v) return type(v) == "string" and #v < 6 end
local function initial(v) return type(v) == "string" and v:sub(1, 1) or nil end
local function half(v) return math.type(v) == "integer" and v // 2 or v end

rule "probe/values" { summary = "s", kinds = { "*" }, severity = "info", check = function(o, report)
  if type(o.metadata) == "table" and o.metadata.name then report(o, "metadata.name", "is " .. tostring(o.metadata.name)) end
  if type(o.spec) == "table" and o.spec.replicas == 3 then report(o.spec, "replicas", "three") end
end }

rule "probe/pairs" { summary = "s", pods = true, severity = "warning", check = function(pod, report)
  local names = {}
  for key, v in pairs(pod.spec or {}) do names[#names + 1] = key .. (type(v) == "table" and "/" .. #v or "") end
  if #names % 2 == 0 then report(pod, "spec", table.concat(names, " ")) end
end }

rule "probe/items" { summary = "s", containers = true, select = { step = "a*" }, check = function(container, report, _, object)
  for i, arg in ipairs(container.args or {}) do
    if arg == "--bad" then report(container, { "args", i }, "bad in " .. object.kind, { fix = "--good" }) end
  end
  if container.args and #container.args > 2 then report(container.args, nil, "many") end
end }

rule "probe/ask" { summary = "s", kinds = { "Job", "Pod" }, check = function(o, report)
  if ask(o.metadata, "name", is_short) then report(o.metadata, "name", "short") end
  for key in pairs(o.metadata.labels or {}) do
    local letter = ask(o.metadata.labels, key, initial)
    if letter and letter < "c" then report(o.metadata.labels, key, "label starts with " .. letter) end
  end
  if ask(o, "spec", type) == "table" and ask(o.spec, "replicas", half) == 1 then report(o.spec, "replicas", "about two") end
  if ask(o.metadata, "labels", function() return "x" end) == nil then report(o, nil, "never") end
end }

rule "probe/pattern" { summary = "s", kinds = { "Job", "Pod" }, check = function(o, report)
  local number = ask(o.metadata, "name", [[-(\d+)$|^a]])
  if number == true then report(o.metadata, "name", "no number") elseif number then report(o.metadata, "name", "number " .. number) end
  if ask(o, "metadata", "a") or ask(o, "nothing", "^$") then report(o, nil, "never") end
  for i = 1, type(o.spec) == "table" and type(o.spec.args) == "table" and #o.spec.args or 0 do
    if ask(o.spec.args, i, "^--") == false then report(o.spec.args, i, "no option") end
  end
end }

rule "probe/selected" { summary = "s", kinds = { "J*" }, select = { namespace = "*-1", labels = { tier = "d*" } },
  check = function(o, report) report(o, "metadata.labels.tier", "selected") end }

rule "probe/asked" { summary = "s", kinds = { "Job" }, select = function(o) return o.spec and o.spec.suspend end,
  check = function(o, report) report(o, "spec.suspend", "is " .. tostring(o.spec.suspend)) end }

rule "probe/copies" { summary = "s", kinds = { "Pod" }, severity = "info", check = function(o, report)
  local copy = k8s.copy(o.metadata)
  if copy.annotations then report(o, "metadata.annotations", yaml.encode(copy.annotations)) end
end }

rule "probe/throws" { summary = "s", kinds = { "Job" }, check = function(o)
  if o.metadata.namespace == "broken" then error("what is " .. o.metadata.name) end
end }
