-- Rules about Jobs, and about the Jobs in CronJobs.
local read   = include "read.lua"
local schema = include "schema.lua"
local syntax = include "syntax.lua"

local JOBS = "https://kubernetes.io/docs/concepts/workloads/controllers/job/"
local BOTH = { "Job", "CronJob" }

-- The spec of a Job, or of the Job in a CronJob; nil when there is none.
local function spec_of(object)
  if object.kind == "CronJob" then return read.table(object, "spec", "jobTemplate", "spec") end
  return read.table(object, "spec")
end

-- A rule's check that looks at a Job's spec.
local function of_spec(check)
  return function(object, report)
    local spec = spec_of(object)
    if spec then check(spec, report, object) end
  end
end

rule "kubernetes/job-restart-policy" {
  summary = "the Pods of a Job have restartPolicy Never or OnFailure",
  help    = "A server refuses Always, which is also what it reads when nothing is said: a Job's Pods come to an end.",
  source  = JOBS .. "#pod-template",
  kinds   = BOTH,
  check   = of_spec(function(spec, report)
    local pod = read.table(spec, "template", "spec")
    if not pod then return end
    local policy = pod.restartPolicy
    if policy == nil or policy == "" or policy == "Always" then
      report(pod, "restartPolicy", "a Job's restartPolicy must be Never or OnFailure")
    end
  end),
}

-- --- selector and labels

local GENERATED = { "controller-uid", "batch.kubernetes.io/controller-uid" }
local NAMED = { "job-name", "batch.kubernetes.io/job-name" }

-- Whether a map of labels holds what a selector's matchLabels ask for.
local function first_difference(wanted, labels)
  for key in read.keys(wanted) do
    if (labels or {})[key] ~= wanted[key] then return key end
  end
end

local function matches(requirement, labels)
  local value, found = (labels or {})[requirement.key], false
  for _, v in read.strings(requirement, "values") do found = found or v == value end
  if requirement.operator == "In" then return value ~= nil and found end
  if requirement.operator == "NotIn" then return not found end
  if requirement.operator == "Exists" then return value ~= nil end
  return value == nil
end

-- With manualSelector, the selector is needed and must fit the template.
local function check_manual(spec, report)
  local selector = read.table(spec, "selector")
  if not selector then return report(spec, "selector", "with manualSelector, a selector is needed") end
  local labels = read.table(spec, "template", "metadata", "labels")
  local wanted = read.table(selector, "matchLabels")
  local key = wanted and first_difference(wanted, labels)
  if key then report(wanted, { key }, "the template's labels do not have this label") end
  for _, requirement in read.items(selector, "matchExpressions") do
    if type(requirement.key) == "string" and not matches(requirement, labels) then
      report(requirement, "key", "the template's labels do not match this")
    end
  end
end

rule "kubernetes/job-selector" {
  summary = "a Job leaves its selector to the server, or sets manualSelector and one that fits",
  help    = "A server refuses selectors of one's own: it makes one that is unlike any other Job's. With manualSelector: true the "
    .. "selector must fit the "
    .. "template's labels; a CronJob cannot have that.",
  source  = JOBS .. "#specifying-your-own-pod-selector",
  kinds   = BOTH,
  check   = of_spec(function(spec, report, object)
    local manual = read.is_true(spec, "manualSelector")
    if object.kind == "CronJob" then
      if manual then report(spec, "manualSelector", "a CronJob's Jobs cannot have manualSelector") end
      if read.table(spec, "selector") then report(spec, "selector", "a CronJob's Jobs cannot have a selector", { fix = k8s.remove }) end
    elseif manual then check_manual(spec, report)
    else
      local selector = read.table(spec, "selector")
      if selector and not (read.is_empty(selector, "matchLabels") and read.is_empty(selector, "matchExpressions")) then
        report(spec, "selector", "the server makes the selector; one's own needs manualSelector: true", { fix = k8s.remove })
      end
    end
  end),
}

rule "kubernetes/job-label" {
  summary = "a Job's template has no labels that the server sets",
  help    = "A server refuses other values than its own: the Job's name and uid, which nobody knows before.",
  source  = JOBS,
  kinds   = { "Job" },
  check   = of_spec(function(spec, report, object)
    local labels = read.table(spec, "template", "metadata", "labels")
    if not labels or read.is_true(spec, "manualSelector") then return end
    for _, key in ipairs(GENERATED) do
      if not read.is_absent(labels, key) then report(labels, { key }, "the server sets this label", { fix = k8s.remove }) end
    end
    for _, key in ipairs(NAMED) do
      if not read.is_absent(labels, key) and labels[key] ~= read.string(object.metadata, "name") then
        report(labels, { key }, "the server sets this label to the Job's name", { fix = k8s.remove })
      end
    end
  end),
}

-- --- completions

local MOST_PARALLEL = 100000 -- for an Indexed Job

local function pod_host_too_long(name, completions) return #name + 1 + #("%d"):format(completions - 1) > 63 end

local function check_indexed(spec, report, object)
  local completions, parallelism = read.integer(spec, "completions"), read.integer(spec, "parallelism")
  if completions == nil then report(spec, "completions", "an Indexed Job needs completions")
  elseif completions > MOST_PARALLEL then
    if not read.integer(spec, "maxFailedIndexes") and not read.is_absent(spec, "backoffLimitPerIndex") then
      report(spec, "maxFailedIndexes", "with more than 100000 completions, maxFailedIndexes is needed")
    end
  end
  if parallelism and parallelism > MOST_PARALLEL then report(spec, "parallelism", "an Indexed Job's parallelism must be at most 100000") end
  local name = object.kind == "Job" and read.table(object, "metadata") and object.metadata.name
  if type(name) == "string" and completions and completions > 0 and not syntax.subdomain(name) then
    if pod_host_too_long(name, completions) or syntax.label(name:sub(1, 1) .. "a") or name:find(".", 1, true) then
      report(object.metadata, "name", "the names of an Indexed Job's Pods, which are this one with - and a number, must be DNS labels")
    end
  end
end

rule "kubernetes/job-completions" {
  summary = "an Indexed Job says how many completions it needs, and its Pods can be named",
  help    = "A server refuses the Job. Each Pod of an Indexed Job is called as the Job, with its index behind it, which is a DNS label "
    .. "of up to 63 characters.",
  source  = JOBS .. "#completion-mode",
  kinds   = BOTH,
  check   = of_spec(function(spec, report, object)
    if spec.completionMode == "Indexed" then check_indexed(spec, report, object) end
  end),
}

rule "kubernetes/job-backoff-per-index" {
  summary = "limits for each index are those of Indexed Jobs, and fit each other",
  help    = "A server refuses backoffLimitPerIndex and successPolicy unless completionMode is Indexed, and maxFailedIndexes without "
    .. "backoffLimitPerIndex.",
  source  = JOBS .. "#backoff-limit-per-index",
  kinds   = BOTH,
  check   = of_spec(function(spec, report)
    local indexed, per_index = spec.completionMode == "Indexed", not read.is_absent(spec, "backoffLimitPerIndex")
    if per_index and not indexed then report(spec, "backoffLimitPerIndex", "backoffLimitPerIndex needs completionMode Indexed") end
    if not read.is_absent(spec, "successPolicy") and not indexed then report(spec, "successPolicy",
      "successPolicy needs completionMode Indexed") end
    local most, completions = read.integer(spec, "maxFailedIndexes"), read.integer(spec, "completions")
    if not most then return end
    if not per_index then report(spec, "maxFailedIndexes", "maxFailedIndexes needs backoffLimitPerIndex") end
    if completions and most > completions then report(spec, "maxFailedIndexes", "maxFailedIndexes must be at most completions") end
    local limit = completions and completions > MOST_PARALLEL and 10000 or MOST_PARALLEL
    if most > limit then report(spec, "maxFailedIndexes", ("maxFailedIndexes must be at most %d"):format(limit)) end
  end),
}

-- --- policies

local MOST_RULES, MOST_CODES, MOST_CONDITIONS, MOST_SUCCESS_RULES = 20, 255, 20, 20

local function check_codes(codes, names, report)
  local values, before = read.table(codes, "values"), nil
  if values and #values > MOST_CODES then report(codes, "values", "there may be 255 exit codes at most") end
  for i = 1, values and #values or 0 do
    local code = values[i]
    if math.type(code) == "integer" then
      if code == 0 and codes.operator == "In" then report(values, { i }, "0 is success, and cannot be among the codes of In") end
      if before and code <= before then report(values, { i }, "exit codes must be in rising order, each once") end
      before = code
    end
  end
  local name = read.string(codes, "containerName")
  if name and not names[name] then report(codes, "containerName", "the Pod has no container of this name") end
end

local function check_failure_rule(each, names, per_index, report)
  local codes, conditions = read.table(each, "onExitCodes"), read.table(each, "onPodConditions")
  if (codes ~= nil) == (conditions ~= nil and #conditions > 0) then
    report(each, codes and "onPodConditions" or nil, "exactly one of onExitCodes and onPodConditions must be set")
  end
  if each.action == "FailIndex" and not per_index then report(each, "action", "FailIndex needs backoffLimitPerIndex") end
  if codes then check_codes(codes, names, report) end
  if conditions and #conditions > MOST_CONDITIONS then report(each, "onPodConditions", "there may be 20 conditions at most") end
end

rule "kubernetes/pod-failure-policy" {
  summary = "a podFailurePolicy goes with restartPolicy Never, and each of its rules says one thing",
  help    = "A server refuses the Job. Each rule has onExitCodes or onPodConditions; exit codes rise and are not 0 for In; "
    .. "podReplacementPolicy must be Failed.",
  source  = JOBS .. "#pod-failure-policy",
  kinds   = BOTH,
  check   = of_spec(function(spec, report)
    local policy = read.table(spec, "podFailurePolicy")
    if not policy then return end
    local pod = read.table(spec, "template", "spec") or {}
    if pod.restartPolicy ~= "Never" then report(spec, "podFailurePolicy", "podFailurePolicy needs restartPolicy Never in the template") end
    if spec.podReplacementPolicy == "TerminatingOrFailed" then
      report(spec, "podReplacementPolicy", "with podFailurePolicy, podReplacementPolicy must be Failed", { fix = "Failed" })
    end
    local rules = read.table(policy, "rules")
    if rules and #rules > MOST_RULES then report(policy, "rules", "there may be 20 rules at most") end
    local names = read.names(pod, "containers")
    for name in pairs(read.names(pod, "initContainers")) do names[name] = true end
    for _, each in read.items(policy, "rules") do
      check_failure_rule(each, names, not read.is_absent(spec, "backoffLimitPerIndex"), report)
    end
  end),
}

-- Reads indexes such as 1,3-5. Returns how many they are; nil when they are badly written or not below the number of completions.
local function count_indexes(text, completions)
  local count, last = 0, -1
  for part in (text .. ","):gmatch "([^,]*)," do
    local from, to = part:match "^(%d+)$", nil
    if not from then from, to = part:match "^(%d+)%-(%d+)$" end
    from, to = tonumber(from), tonumber(to or from)
    if not from or from <= last or to < from or (part:find "-" and to == from) or to >= completions then return nil end
    count, last = count + to - from + 1, to
  end
  return count
end

rule "kubernetes/success-policy" {
  summary = "each rule of a successPolicy names indexes, or a number of them, that the Job has",
  help    = "A server refuses the Job. Indexes are written 0,2-4, in rising order and below completions.",
  source  = JOBS .. "#success-policy",
  kinds   = BOTH,
  check   = of_spec(function(spec, report)
    local policy = read.table(spec, "successPolicy")
    local rules = policy and read.table(policy, "rules")
    if not policy then return end
    if not rules or #rules == 0 or #rules > MOST_SUCCESS_RULES then report(policy, "rules", "there must be 1 to 20 rules") end
    local completions = read.integer(spec, "completions") or 0
    for _, each in read.items(policy, "rules") do
      local indexes, wanted = read.string(each, "succeededIndexes"), read.integer(each, "succeededCount")
      local count = indexes and count_indexes(indexes, completions)
      if not indexes and not wanted then report(each, nil, "at least one of succeededCount and succeededIndexes must be set")
      elseif indexes and not count then report(each, "succeededIndexes",
        "succeededIndexes must be indexes below completions in rising order, such as 0,2-4") end
      if wanted and wanted > (count or completions) then report(each, "succeededCount", "succeededCount is more than there are indexes") end
    end
  end),
}

-- --- waste

rule "kubernetes/job-parallelism" {
  summary  = "a Job runs no more Pods at a time than it needs completions",
  help     = "Servers take it and run fewer Pods. Either number is probably not meant.",
  source   = JOBS .. "#controlling-parallelism",
  severity = "warning",
  kinds    = BOTH,
  check    = of_spec(function(spec, report)
    local completions, parallelism = read.integer(spec, "completions"), read.integer(spec, "parallelism")
    if completions and parallelism and completions > 0 and parallelism > completions then
      report(spec, "parallelism", "no more Pods than completions ever run at a time")
    end
  end),
}

rule "kubernetes/template-metadata" {
  summary  = "a template's metadata has labels and annotations, and no name",
  help     = "Servers take a name or namespace there and do nothing with it: Pods are named by their Job.",
  source   = JOBS .. "#pod-template",
  severity = "warning",
  kinds    = schema.kinds,
  check    = function(object, report)
    schema.walk(object, function(part, of)
      local metadata = of.name == "PodTemplateSpec" and read.table(part, "metadata")
      for _, field in ipairs(metadata and read.present(metadata, { "name", "namespace", "generateName", "ownerReferences" }) or {}) do
        report(metadata, field, ("a template's %s is not looked at"):format(field))
      end
    end)
  end,
}
