-- moonstep batch-job
local diag = require "base.diag"
local indexed_job = require "batch.indexed_job"
local write = require "output.write"

local command = {
  summary = "print the Jobs that do a batch on Kubernetes, a Pod for each shard",
  usage = "moonstep batch-job --image IMAGE --shards N --targets FILE (--inputs-configmap | --inputs-claim) NAME --out-claim NAME"
    .. " [-- OPTIONS OF RENDER]",
  text = [[
Prints an Indexed Job of N Pods, each of which renders its shard of the rows, and a suspended Job that puts together what they left.
The ConfigMap or claim with the inputs is the working folder: Functions, Tasks, the rows, and moonstep.yaml if there is one. What
stands behind -- goes to each `moonstep render`. The image needs moonstep, sh, cat and mv.

The claim of the output holds shard-0.yaml, shard-0.log and so on; the merge makes result.yaml and result.log of them. With --out-folder,
shards write a file for each target into that folder of the claim, and the merge makes one manifest:

  moonstep batch-job … | kubectl apply -f -
  kubectl wait --for=condition=complete --timeout=-1s job/batch
  kubectl patch job/batch-merge -p '{"spec": {"suspend": false}}'
]],
  options = {
    { long = "image", kind = "text", value = "IMAGE", help = "the image of the Pods" },
    { long = "shards", kind = "text", value = "N", help = "how many parts the rows are cut into" },
    { long = "parallelism", kind = "text", value = "N", help = "how many Pods at a time (default: all)" },
    { long = "jobs", short = "j", kind = "text", value = "N", help = "processes, and processors, of each Pod (default: 2)" },
    { long = "targets", kind = "text", value = "FILE", help = "the rows: a file of the inputs, or targets that a script declares" },
    { long = "task", kind = "text", value = "NAME", help = "the Task of rows that name none" },
    { long = "inputs-configmap", kind = "text", value = "NAME", help = "a ConfigMap with the inputs" },
    { long = "inputs-claim", kind = "text", value = "NAME", help = "or a PersistentVolumeClaim with them" },
    { long = "out-claim", kind = "text", value = "NAME", help = "the PersistentVolumeClaim for what is made, shared by all Pods" },
    { long = "out-folder", kind = "text", value = "NAME", help = "a file for each target, in this folder of the claim" },
    { long = "name", kind = "text", value = "NAME", default = "batch", help = "name of the Job" },
    { long = "namespace", short = "n", kind = "label", value = "NAME", help = "its namespace" },
    { long = "output", short = "o", kind = "choice", choices = write.formats, default = "yaml", help = "how objects are printed" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local LONGEST_NAME = 52 -- bytes, so that Pods' host names, with an index behind it, are not cut
local MOST_SHARDS = 100000

local function number_of(given, name, most, default)
  local text = given[name]
  if not text then return default end
  local number = text:find "^%d+$" and math.tointeger(tonumber(text))
  if number and number >= 1 and number <= most then return number end
  return nil, ("--%s takes a number from 1 to %d, not %q"):format(name, most, text)
end

local function is_label(text) return #text <= 63 and text:find "^[a-z0-9][a-z0-9-]*$" and not text:find "%-$" end

local function is_name(text)
  for part in (text .. "."):gmatch "(.-)%." do
    if not is_label(part) then return false end
  end
  return #text <= 253
end

-- What is wrong with the options, or nil.
local function wrong_in(given)
  for _, name in ipairs { "image", "shards", "targets", "out-claim" } do
    if not given[name] then return ("batch-job needs --%s"):format(name) end
  end
  if (given["inputs-configmap"] == nil) == (given["inputs-claim"] == nil) then
    return "batch-job needs one of --inputs-configmap and --inputs-claim"
  end
  if given.targets == "-" then return "--targets names a file of the inputs: Pods have no standard input" end
  if not is_label(given.name) or #given.name > LONGEST_NAME then
    return ("--name takes a name of at most %d lower case letters, digits and dashes, not %q"):format(LONGEST_NAME, given.name)
  end
  if given.namespace and not is_label(given.namespace) then return ("--namespace: %q is no name of a namespace"):format(given.namespace) end
  for _, name in ipairs { "inputs-configmap", "inputs-claim", "out-claim" } do
    if given[name] and not is_name(given[name]) then return ("--%s: %q is no name of an object"):format(name, given[name]) end
  end
  local folder = given["out-folder"]
  if folder and not is_name(folder) then
    return ("--out-folder takes lower case letters, digits, dashes and dots, not %q"):format(folder)
  end
end

-- Options of render that are the Jobs' own to say, or nil.
local function wrong_behind(operands)
  for _, word in ipairs(operands) do
    if word:find "^%-%-out$" or word:find "^%-%-out=" then return "--out is a folder of the claim: --out-folder NAME, before the --" end
    for _, name in ipairs { "shard", "prune", "resume" } do
      if word == "--" .. name or word:find("^%-%-" .. name .. "=") then return ("--%s does not go behind the --"):format(name) end
    end
  end
end

function command.run(given, operands, wrong)
  local why = wrong_in(given) or wrong_behind(operands)
  if why then return wrong(why) end
  local numbers = {}
  for name, of in pairs { shards = { MOST_SHARDS }, parallelism = { MOST_SHARDS }, jobs = { 256, 2 } } do
    numbers[name], why = number_of(given, name, of[1], of[2])
    if why then return wrong(why) end
  end
  local objects = indexed_job { name = given.name, namespace = given.namespace, image = given.image, shards = numbers.shards,
    parallelism = math.min(numbers.parallelism or numbers.shards, numbers.shards), jobs = numbers.jobs, task = given.task,
    targets = given.targets, more = operands, configmap = given["inputs-configmap"], claim = given["inputs-claim"],
    out = given["out-claim"], folder = given["out-folder"] }
  local texts = {}
  for i, object in ipairs(objects) do
    texts[i], why = write.text(object, given.output)
    if not texts[i] then return wrong(why) end
  end
  local ok, raised = diag.catch(write.all, texts, given.output)
  return ok and 0 or wrong(raised.message)
end

return command
