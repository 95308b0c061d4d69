-- Asks a real API server whether it would create what the built-in templates `job` and `sequence` make of the inputs of tests/templates
-- and tests/conformance and of the examples. Nothing is created but a namespace, which is removed at the end: all objects are asked
-- about as if they were in it (`kubectl create --dry-run=server`).
-- REFUSED lists what it must refuse because of the input itself. Needs KUBECONFIG; without it nothing is asked.
-- Usage: moonstep-lua tests/judge/templates.lua [NAME]...
local emit = require "engine.emit"
local shell = dofile "tests/lib/shell.lua"
local compare = dofile "tests/lib/compare.lua"

local NAMESPACE = "moonstep-judge"
local TEMPLATES = { "job", "sequence" }

local NO_VOLUME = { "volumeMounts%[%d+%]%.name: Not found", "it mounts a volume that its Task does not have" }

-- Inputs of which an object is refused: for each, patterns of what is said of single fields, and why that is right.
local REFUSED = {
  ["29-step-names-and-volumes"] = { NO_VOLUME },
  ["39-hooks"] = { NO_VOLUME },
  ["42-hook-mounts-expanded-twice"] = { NO_VOLUME },
  ["43-interim-volume"] = { { 'storageClassName: Invalid value: "fast%-%${NAMESPACE}"', "interim templates are not substituted" } },
  ["47-restore-claims"] = { NO_VOLUME },
  ["57-injection"] = { NO_VOLUME },
  ["64-empty-values"] = { { "%.image: Required value", "its Functions have no image" } },
  ["68-function-fields"] = { NO_VOLUME, { "volumeDevices%[%d+%]%.name: Not found", "it uses a device that its Task does not have" },
    { 'port: Invalid value: "8080": must contain at least one letter', "a port in quotes is a name" } },
}

local only = {}
for _, name in ipairs { ... } do only[name] = true end

-- Every input, as { name, arguments of render, templates }.
local function inputs()
  local found = {}
  local function add(name, arguments, templates)
    if not next(only) or only[name] then found[#found + 1] = { name = name, arguments = arguments, templates = templates or TEMPLATES } end
  end
  for _, folder in ipairs { "tests/templates/cases", "tests/conformance/cases" } do
    for _, name in ipairs(shell.entries(folder)) do add(name, "-f " .. shell.quote(("%s/%s/input.yaml"):format(folder, name))) end
  end
  add("postgres", "-f examples/postgres")
  add("site", "-f examples/postgres --config examples/site/moonstep.yaml --emit-all", { "labelled" })
  return found
end

local function render(input, template)
  local out, err, status = shell.run(("%s render %s --template %s --keep-going -q -o ndjson"):format(shell.quote(shell.moonstep),
    input.arguments, template))
  if status > 2 then error(("render ended with status %d: %s"):format(status, err)) end
  return compare.parse(out, input.name)
end

local emitter = emit.new {}

-- What the server says about the objects: a list of its refusals.
local function ask(objects)
  local file = os.tmpname()
  local texts = {}
  for i, object in ipairs(objects) do
    object.metadata.namespace = NAMESPACE
    texts[i] = assert(emitter:json(object))
  end
  shell.write(file, table.concat(texts, "\n") .. "\n")
  local out, err = shell.run(("kubectl create --dry-run=server --validate=false -o name -f %s"):format(file))
  os.remove(file)
  local refusals, accepted = {}, 0
  for line in err:gmatch "[^\n]+" do
    if line:find "^Error" or line:find "^error" or line:find "^The %S+ .* is invalid" then refusals[#refusals + 1] = line
    elseif #refusals > 0 then refusals[#refusals] = refusals[#refusals] .. "\n" .. line end
  end
  for _ in out:gmatch "[^\n]+" do accepted = accepted + 1 end
  if accepted + #refusals ~= #objects then
    error(("%d objects, %d accepted, %d refused: %s"):format(#objects, accepted, #refusals, err))
  end
  return refusals
end

-- What a refusal says of single fields, as a list.
local function complaints(refusal)
  local text = refusal:match "is invalid: *%[?(.*)" or refusal
  local all = {}
  for complaint in text:gsub("\n%* ", "\0"):gsub(", spec%.", "\0spec."):gmatch "[^%z]+" do all[#all + 1] = complaint end
  return all
end

local asked, failed, seen = 0, 0, {}

local function fail(...)
  failed = failed + 1
  print(("not ok %s with %s: %s: %s"):format(...))
end

local function check(input, template)
  local objects = render(input, template)
  asked = asked + #objects
  if #objects == 0 then return end
  for _, refusal in ipairs(ask(objects)) do
    for _, complaint in ipairs(complaints(refusal)) do
      local known
      for _, wanted in ipairs(REFUSED[input.name] or {}) do
        if complaint:find(wanted[1]) then known, seen[wanted] = true, true end
      end
      if not known then fail(input.name, template, refusal:match "^[^\n]*is invalid" or refusal:match "^[^\n]*", complaint) end
    end
  end
end

if not os.getenv "KUBECONFIG" then
  print "judge: templates: skipped; KUBECONFIG names no API server to ask"
  return true
end
local _, why, status = shell.run("kubectl create namespace " .. NAMESPACE)
if status ~= 0 and not why:find "AlreadyExists" then error("no namespace to ask about: " .. why) end
for _, input in ipairs(inputs()) do
  for _, template in ipairs(input.templates) do
    local ok, problem = pcall(check, input, template)
    if not ok then fail(input.name, template, "not asked", problem) end
  end
  for _, wanted in ipairs(REFUSED[input.name] or {}) do
    if not seen[wanted] then fail(input.name, "all templates", "nothing is refused", wanted[2]) end
  end
end
shell.run(("kubectl delete namespace %s --wait=false"):format(NAMESPACE))
print(("judge: templates: %d objects asked about, %d failed"):format(asked, failed))
return failed == 0 and asked > 0
