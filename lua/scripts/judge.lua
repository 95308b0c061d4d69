-- Objects of any kind, judged by the rules as they are read: what `moonstep check` does with a stream of Kubernetes YAML.
local load = require "engine.load"
local place = require "base.place"
local rules = require "scripts.rules"
local sandbox = require "scripts.sandbox"
local value = require "base.value"

local judge = {}

-- The same object twice in what is given: the cluster would keep one of them.
local function note_duplicate(object, with)
  local v = object.value
  local kind, name, namespace = v.kind, value.get(v, "metadata", "name"), value.get(v, "metadata", "namespace")
  if type(name) ~= "string" or (namespace and type(namespace) ~= "string") then return end
  local id = table.concat({ tostring(v.apiVersion), kind, namespace or "", name }, "\0")
  with.seen = with.seen or {}
  local first = with.seen[id]
  if first then
    with.findings:add { rule = "duplicate-object", severity = "warning", place = place.of(v.metadata, "name"), path = "metadata.name",
      object = { kind = kind, namespace = namespace, name = name }, message = ("%s %s is given again"):format(kind, name),
      related = { place = first, message = "first given here" } }
  end
  with.seen[id] = first or place.of(v.metadata, "name")
end

local function judge_object(v, with)
  local object = { value = v }
  note_duplicate(object, with)
  sandbox.begin(with.registry)
  rules.check(with.registry, object, with.findings)
  if with.all then table.insert(with.all, object) end
end

-- document(document, with): judges what documents.load gives for a kind that moonstep has no use for. A List stands for its items.
function judge.document(document, with)
  local v = load.root(document.document)
  if type(v) ~= "table" then return end
  if v.kind ~= "List" or v.apiVersion ~= "v1" or type(v.items) ~= "table" then return judge_object(v, with) end
  for _, item in ipairs(v.items) do
    if type(item) == "table" and type(item.kind) == "string" then judge_object(item, with) end
  end
end

return judge
