-- JSON Schemas of documents: whole, and as the types say. `make judge` gives documents to a validator.
local suite = dofile "tests/lib/suite.lua"
local kinds = require "documents.kinds"
local notes = require "documents.notes"
local schema = require "documents.schema"

local function each_table(t, f)
  f(t)
  for _, v in pairs(t) do
    if type(v) == "table" then each_table(v, f) end
  end
end

-- Whether there is a type of that name.
local function fields_of(name)
  local ok, fields = pcall(kinds.fields, name)
  return ok and fields or error("there is no type " .. name, 0)
end

local tests = {
  { "notes are about types and fields that there are", function()
    local of_note = { text = true, required = true }
    for name, note in pairs(notes) do
      local fields = fields_of(name)
      for field in pairs(note) do assert(of_note[field] or fields[field], name .. "." .. field) end
      for _, field in ipairs(note.required or {}) do assert(fields[field], name .. "." .. field) end
    end
  end },
  { "all of the configuration is described", function()
    for _, name in ipairs { "Config", "Providers", "EnvProvider", "InventoryProvider", "HttpJsonProvider", "VaultProvider", "VaultAppRole",
      "VaultKubernetes", "ConsulProvider", "EtcdProvider", "KubernetesProvider", "KubernetesVariable", "Grants", "Limits", "Waiver",
      "FunctionSpec", "TaskSpec", "Step" } do
      for _, field in ipairs(kinds.names(kinds.fields(name))) do assert(notes[name] and notes[name][field], name .. "." .. field) end
    end
  end },
}

for _, each in ipairs(schema.list()) do
  local name = each[1]
  tests[#tests + 1] = { "schema of " .. name, function()
    local made = schema.of(name)
    suite.equal(made["$schema"], "http://json-schema.org/draft-07/schema#")
    local used = {}
    each_table(made, function(t)
      local to = t["$ref"]
      if not to then return end
      used[to:match "^#/definitions/(.+)$"] = true
      suite.equal(next(t, next(t)), nil, "beside $ref")
    end)
    for of in pairs(used) do assert(made.definitions[of], of) end
    for of, definition in pairs(made.definitions) do
      assert(used[of], of)
      local names = {}
      for field in pairs(definition.properties) do names[#names + 1] = field end
      table.sort(names)
      suite.equal(names, kinds.names(kinds.fields(of)), of)
      suite.equal(definition.additionalProperties, false)
    end
  end }
end

return suite.run("schema", tests)
