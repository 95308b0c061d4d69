-- Selectors, affinity, tolerations, spreading.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function pod(spec) return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" .. spec
  .. ", containers: [{name: c, image: i}]}\n" end
local function node(term)
  return pod("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{" .. term .. "}]}}}")
end
local T = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]."

check("affinity that is fine", node("matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: Exists}, {key: a, "
  .. "operator: Gt, values: ['1']}], matchFields: [{key: metadata.name, operator: In, values: [node]}]"))
for _, case in ipairs {
  { "{key: a, operator: In}", "at least one" }, { "{key: a, operator: NotIn, values: []}", "at least one" },
    { "{key: a, operator: Exists, values: [b]}", "no values" },
  { "{key: a, operator: DoesNotExist, values: [b]}", "no values" }, { "{key: a, operator: Gt, values: ['1', '2']}", "exactly one" },
    { "{key: a, operator: Lt}", "exactly one" },
} do check("values of an operator: " .. case[1], node("matchExpressions: [" .. case[1] .. "]"), "selector-values @ " .. T
  .. "matchExpressions[0].values: " .. case[2]) end
check("an operator in other letters", node "matchExpressions: [{key: a, operator: exists}]", "enum @ " .. T
  .. "matchExpressions[0].operator")
check("a comparison with no integer", node "matchExpressions: [{key: a, operator: Lt, values: [x]}]", "node-affinity @ " .. T
  .. "matchExpressions[0].values[0]")
check("an expression without key", node "matchExpressions: [{key: '', operator: Exists}]", "required @ " .. T .. "matchExpressions[0].key")
check("a field that is not known", node "matchFields: [{key: spec.x, operator: In, values: [a]}]", "node-affinity @ " .. T
  .. "matchFields[0].key")
check("an operator that fields have not", node "matchFields: [{key: metadata.name, operator: Exists}]", "node-affinity @ " .. T
  .. "matchFields[0].operator")
check("two values of a field", node "matchFields: [{key: metadata.name, operator: In, values: [a, b]}]", "node-affinity @ " .. T
  .. "matchFields[0].values")
check("a node's name", node "matchFields: [{key: metadata.name, operator: In, values: [A]}]", "node-affinity @ " .. T
  .. "matchFields[0].values[0]: a DNS name")
check("what is preferred", pod("affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, preference: "
  .. "{matchExpressions: [{key: a, operator: Gt, values: [x]}]}}]}}"),
  "range @ spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight",
  "node-affinity @ spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]")
check("a selector of Pods", pod("affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: z, "
  .. "labelSelector: {matchExpressions: [{key: a, operator: In, values: [-b]}]}}]}}"),
  "format @ spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].values[0]")

check("tolerations that are fine", pod("tolerations: [{operator: Exists}, {key: a, value: b}, {key: a, operator: Exists, effect: "
  .. "NoExecute, tolerationSeconds: 5}]"))
check("a toleration of nothing", pod "tolerations: [{}]", "toleration @ spec.tolerations[0].operator: must be Exists")
check("a value of what exists", pod "tolerations: [{key: a, operator: Exists, value: b}]",
  "toleration @ spec.tolerations[0].value: takes no value")
check("seconds without NoExecute", pod "tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 1}]",
  "toleration @ spec.tolerations[0].effect")
check("a toleration's value", pod "tolerations: [{key: a, value: b c}]", "toleration-value @ spec.tolerations[0].value")

local function spread(...) return pod("topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, " .. table.concat({ ... },
  "}, {maxSkew: 1, topologyKey: z, ") .. "}]") end
check("constraints that are fine", spread("whenUnsatisfiable: DoNotSchedule, minDomains: 2", "whenUnsatisfiable: ScheduleAnyway"))
check("a constraint twice", spread("whenUnsatisfiable: DoNotSchedule", "whenUnsatisfiable: DoNotSchedule"),
  "topology-spread @ spec.topologySpreadConstraints[1].topologyKey")
check("minDomains that do not count", spread "whenUnsatisfiable: ScheduleAnyway, minDomains: 2",
  "topology-spread @ spec.topologySpreadConstraints[0].minDomains")
