-- Jobs, and the Jobs of CronJobs.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function job(spec, template, name)
  return ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: %s}\nspec: {%s template: %s}\n"):format(name or "j", spec or "",
    template or "{spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}")
end
local function cron(spec)
  return ("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {schedule: '@daily', jobTemplate: {spec: {%s template: {spec: "
    .. "{restartPolicy: Never, containers: [{name: c, image: i}]}}}}}\n"):format(spec)
end
local J = "spec.jobTemplate."

for _, policy in ipairs { "", "restartPolicy: Always,", "restartPolicy: ''," } do
  check("a Job that restarts: " .. policy, job("", "{spec: {" .. policy .. " containers: [{name: c, image: i}]}}"),
    "job-restart-policy @ spec.template.spec.restartPolicy")
end
check("a Job that restarts on failure", job("", "{spec: {restartPolicy: OnFailure, containers: [{name: c, image: i}]}}"))

check("a selector of one's own", job "selector: {matchLabels: {a: b}},", "job-selector @ spec.selector")
check("an empty selector", job "selector: {},")
local LABELLED = "{metadata: {labels: {a: b, c: d}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"
check("a selector that fits", job("manualSelector: true, selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, "
  .. "values: [d]}, {key: c, operator: NotIn, values: [e]}, "
  .. "{key: c, operator: Exists}, {key: x, operator: DoesNotExist}]},", LABELLED))
check("a selector that does not fit", job("manualSelector: true, selector: {matchLabels: {a: x}, matchExpressions: [{key: c, operator: "
  .. "In, values: [x]}]},", LABELLED),
  "job-selector @ spec.selector.matchLabels.a", "job-selector @ spec.selector.matchExpressions[0].key")
check("manualSelector without a selector", job "manualSelector: true,", "job-selector @ spec.selector")
check("a CronJob's selector", cron "manualSelector: true, selector: {},", "job-selector @ " .. J .. "spec.manualSelector",
  "job-selector @ " .. J .. "spec.selector")
check("labels of the server", job("", "{metadata: {labels: {controller-uid: x, job-name: other, batch.kubernetes.io/job-name: j}}, spec: "
  .. "{restartPolicy: Never, containers: [{name: c, image: i}]}}"),
  "job-label @ spec.template.metadata.labels.controller-uid", "job-label @ spec.template.metadata.labels.job-name")
check("labels of the server in a Job that selects itself", job("manualSelector: true, selector: {matchLabels: {job-name: other}},",
  "{metadata: {labels: {job-name: other}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"))

check("an Indexed Job", job("completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 2, successPolicy: "
  .. "{rules: [{succeededIndexes: '0,1-2'}, {succeededCount: 2}]},"))
check("an Indexed Job without completions", job "completionMode: Indexed,", "job-completions @ spec.completions")
check("an Indexed Job of too many Pods", job "completionMode: Indexed, completions: 100001, parallelism: 100001, backoffLimitPerIndex: 1,",
  "job-completions @ spec.maxFailedIndexes", "job-completions @ spec.parallelism")
check("an Indexed Job whose Pods cannot be named", job("completionMode: Indexed, completions: 11,", nil, ("a"):rep(61)),
  "job-completions @ metadata.name")
check("an Indexed Job with a dot in its name", job("completionMode: Indexed, completions: 1,", nil, "a.b"),
  "job-completions @ metadata.name")
check("limits for each index of no indexes", job "backoffLimitPerIndex: 1, successPolicy: {rules: [{succeededCount: 1}]}, completions: 2,",
  "job-backoff-per-index @ spec.backoffLimitPerIndex", "job-backoff-per-index @ spec.successPolicy")
check("failed indexes without a limit for each", job "completionMode: Indexed, completions: 3, maxFailedIndexes: 1,",
  "job-backoff-per-index @ spec.maxFailedIndexes: needs")
check("more failed indexes than there are", job "completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 4,",
  "job-backoff-per-index @ spec.maxFailedIndexes: at most completions")
check("too many failed indexes", job "completionMode: Indexed, completions: 200000, backoffLimitPerIndex: 1, maxFailedIndexes: 10001,",
  "job-backoff-per-index @ spec.maxFailedIndexes: at most 10000")

local function failure(rules, rest) return job((rest or "") .. "podFailurePolicy: {rules: [" .. rules .. "]},") end
local F = "spec.podFailurePolicy.rules[0]"
check("a policy for failures", failure("{action: FailJob, onExitCodes: {containerName: c, operator: In, values: [1, 42]}}, {action: "
  .. "Ignore, onPodConditions: [{type: DisruptionTarget}]}"))
check("a policy for Pods that restart", job("podFailurePolicy: {rules: []},",
  "{spec: {restartPolicy: OnFailure, containers: [{name: c, image: i}]}}"),
  "pod-failure-policy @ spec.podFailurePolicy: restartPolicy Never")
check("a policy and early replacement", failure("", "podReplacementPolicy: TerminatingOrFailed, "),
  "pod-failure-policy @ spec.podReplacementPolicy")
check("a rule of nothing", failure "{action: Count}", "pod-failure-policy @ " .. F .. ": exactly one")
check("a rule of two things", failure "{action: Count, onExitCodes: {operator: In, values: [1]}, onPodConditions: [{type: A}]}",
  "pod-failure-policy @ " .. F .. ".onPodConditions")
check("an index that fails in no indexes", failure "{action: FailIndex, onExitCodes: {operator: In, values: [1]}}", "pod-failure-policy @ "
  .. F .. ".action")
check("success among the codes", failure "{action: Count, onExitCodes: {operator: In, values: [0]}}", "pod-failure-policy @ " .. F
  .. ".onExitCodes.values[0]: 0 is success")
check("codes that do not rise", failure "{action: Count, onExitCodes: {operator: NotIn, values: [0, 2, 2]}}", "pod-failure-policy @ " .. F
  .. ".onExitCodes.values[2]: rising")
check("a code beyond", failure "{action: Count, onExitCodes: {operator: In, values: [256]}}", "range @ " .. F .. ".onExitCodes.values[0]")
check("a container that is not there", failure "{action: Count, onExitCodes: {containerName: x, operator: In, values: [1]}}",
  "pod-failure-policy @ " .. F .. ".onExitCodes.containerName")
check("too many rules", failure(("{action: Count, onPodConditions: [{type: A}]}, "):rep(20)
  .. "{action: Count, onPodConditions: [{type: A}]}"), "pod-failure-policy @ spec.podFailurePolicy.rules")
check("too many conditions", failure("{action: Count, onPodConditions: [" .. ("{type: A}, "):rep(20) .. "{type: A}]}"),
  "pod-failure-policy @ " .. F .. ".onPodConditions")
do
  local codes = {}
  for i = 1, 256 do codes[i] = i - 1 end
  check("too many codes", failure("{action: Count, onExitCodes: {operator: NotIn, values: [" .. table.concat(codes, ", ") .. "]}}"),
    "pod-failure-policy @ " .. F .. ".onExitCodes.values")
end

local function success(rules) return job("completionMode: Indexed, completions: 5, successPolicy: {rules: [" .. rules .. "]},") end
local S = "spec.successPolicy.rules"
check("a policy without rules", success "", "required @ " .. S, "success-policy @ " .. S)
check("a rule for success of nothing", success "{}", "success-policy @ " .. S .. "[0]: at least one")
for _, indexes in ipairs { "5", "1,1", "3,2", "2-2", "3-1", "a", "1,", "-1" } do
  check("indexes that are wrong: " .. indexes, success("{succeededIndexes: '" .. indexes .. "'}"), "success-policy @ " .. S
    .. "[0].succeededIndexes")
end
check("more successes than indexes", success "{succeededIndexes: '0-1', succeededCount: 3}, {succeededCount: 6}", "success-policy @ " .. S
  .. "[0].succeededCount", "success-policy @ " .. S .. "[1].succeededCount")
check("too many rules for success", success(("{succeededCount: 1}, "):rep(20) .. "{succeededCount: 1}"), "success-policy @ " .. S)

check("more Pods than completions", job "completions: 1, parallelism: 2,", "job-parallelism @ spec.parallelism")
check("a template with a name", job("", "{metadata: {name: x, labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: c, "
  .. "image: i}]}}"), "template-metadata @ spec.template.metadata.name")
check("a CronJob's Job", cron "backoffLimit: -1,", "range @ " .. J .. "spec.backoffLimit")
