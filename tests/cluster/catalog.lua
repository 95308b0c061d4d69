-- What `moonstep catalog install` prints, and the Jobs of all its Tasks with a Repository of each kind, asked of the cluster of KUBECONFIG:
-- it must take all of them. Nothing is made but a namespace, which is gone at the end.
local compare = dofile "tests/lib/compare.lua"
local inputs = dofile "tests/catalog/inputs.lua"
local json = require "kube.json"
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "catalog"
local suite = dofile "tests/lib/suite.lua"
local value = require "base.value"

-- How many of these objects the cluster would make. What it would not, raises.
local function ask(objects)
  local text = json.encode { apiVersion = "v1", kind = "List", items = objects }
  local said = stage.kubectl(("-n %s create --dry-run=server -f -"):format(stage.namespace), text)
  return select(2, said:gsub("%(server dry run%)", ""))
end

local function rendered(words, input)
  local out, err, code = shell.run(("%s %s -o json"):format(shell.moonstep, words), input)
  suite.equal(code, 0, err)
  return compare.parse(out, words)[1].items
end

local tests = {}

for _, backend in ipairs(value.keys(inputs.BACKENDS)) do
  tests[#tests + 1] = { "Jobs of all Tasks, " .. backend, function()
    local objects = rendered("render -f -", inputs.of(backend))
    assert(#objects > 50, "there are few objects: " .. #objects)
    for _, object in ipairs(objects) do object.metadata.namespace = stage.namespace end
    suite.equal(ask(objects), #objects)
  end }
end

tests[#tests + 1] = { "Functions and Tasks", function()
  local _, _, there = shell.run "kubectl get customresourcedefinition functions.stash.appscode.com tasks.stash.appscode.com"
  local made = there ~= 0 and shell.run(("%s crds"):format(shell.moonstep)) or nil
  if made then
    stage.kubectl("apply --server-side -f -", made)
    stage.kubectl("wait --for=condition=established --timeout=60s -f -", made)
  end
  local objects = rendered "catalog install"
  local ok, count = pcall(ask, objects)
  if made then shell.run("kubectl delete --ignore-not-found -f -", made) end
  suite.equal({ ok, count }, { true, #objects })
end }

return stage.finish("the catalogue on a cluster", tests)
