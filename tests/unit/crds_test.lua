-- CustomResourceDefinitions are structural, as apiextensions.k8s.io/v1 wants them, and hold what the types of documents hold.
local suite = dofile "tests/lib/suite.lua"
local crds = require "documents.crds"
local kinds = require "documents.kinds"

local ALONE = "x-kubernetes-preserve-unknown-fields" -- what needs no type
local EITHER = "x-kubernetes-int-or-string" -- what must have none

-- Calls visit(node, path) for a schema and all in it.
local function walk(node, path, visit)
  visit(node, path)
  for name, each in pairs(node.properties or {}) do walk(each, path .. "." .. name, visit) end
  if node.items then walk(node.items, path .. "[]", visit) end
  if node.additionalProperties then walk(node.additionalProperties, path .. "{}", visit) end
end

local function schema_of(kind) return crds.of(kind).spec.versions[1].schema.openAPIV3Schema end

local tests = {}
for kind, known in pairs(kinds.known) do
  tests[#tests + 1] = { kind .. " is structural", function()
    local count = 0
    walk(schema_of(kind), kind, function(node, path)
      count = count + 1
      assert(node[ALONE] or node[EITHER] or ({ string = 1, integer = 1, number = 1, boolean = 1, array = 1, object = 1 })[node.type], path)
      assert(not (node[EITHER] and node.type), path)
      assert((node.type == "array") == (node.items ~= nil), path)
      assert(not (node.properties and node.additionalProperties), path)
      assert(node["$ref"] == nil, path)
    end)
    assert(count > 10, count)
  end }
  tests[#tests + 1] = { kind .. " is named as its resource", function()
    local crd = crds.of(kind)
    suite.equal(crd.metadata.name, crd.spec.names.plural .. "." .. crd.spec.group)
    suite.equal(crd.spec.scope == "Namespaced", known.namespaced == true)
    suite.equal(crd.spec.versions[1].name, known.version)
  end }
end

tests[#tests + 1] = { "no two kinds have one name", function()
  local seen = {}
  for kind in pairs(kinds.known) do
    local names = crds.of(kind).spec.names
    for _, name in ipairs { names.singular, names.plural, table.unpack(names.shortNames or {}) } do
      assert(not seen[name], name)
      seen[name] = true
    end
  end
end }

tests[#tests + 1] = { "statuses are subresources where there are some", function()
  for kind, want in pairs { Function = false, Task = false, AppBinding = false, BackupSession = true, Repository = true,
    RestoreBatch = true } do
    suite.equal(crds.of(kind).spec.versions[1].subresources ~= nil, want, kind)
  end
end }

tests[#tests + 1] = { "what kubectl explain says", function()
  local task = schema_of "Task"
  suite.equal(task.description:match "^An ordered list of Functions", "An ordered list of Functions")
  suite.equal(task.properties.spec.properties.steps.items.properties.name.description, "The Function")
  suite.equal(type(schema_of "BackupConfiguration".properties.spec.properties.retentionPolicy.properties.keepLast.description), "string")
end }

tests[#tests + 1] = { "what is in a Function", function()
  local spec = schema_of "Function".properties.spec.properties
  suite.equal({ spec.args.type, spec.args.items }, { "array", { type = "string" } })
  suite.equal(spec.runtimeSettings.properties.resources.properties.limits, { type = "object", additionalProperties = { [EITHER] = true } })
  suite.equal(schema_of "AppBinding".properties.spec.properties.parameters, { [ALONE] = true })
  suite.equal(schema_of "Task".properties.metadata, { type = "object" })
end }

return suite.run("crds", tests)
