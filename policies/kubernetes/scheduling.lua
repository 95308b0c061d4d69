-- Rules about where Pods may run: selectors, affinity, tolerations, spreading.
local read   = include "read.lua"
local schema = include "schema.lua"
local syntax = include "syntax.lua"

local ASSIGN = "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"

-- What operators need: the least and the most number of values.
local VALUES = { In = { 1, math.huge }, NotIn = { 1, math.huge }, Exists = { 0, 0 }, DoesNotExist = { 0, 0 }, Gt = { 1, 1 }, Lt = { 1, 1 } }

local function check_requirement(requirement, report)
  local operator = read.string(requirement, "operator")
  local wanted = operator and VALUES[operator]
  if not wanted then return end
  local values = read.table(requirement, "values")
  local count = values and #values or 0
  if count < wanted[1] or count > wanted[2] then
    report(requirement, "values", ("%s takes %s"):format(operator, wanted[2] == 0 and "no values" or wanted[2] == 1 and "exactly one value"
      or "at least one value"))
  end
end

rule "kubernetes/selector-values" {
  summary = "a selector's In and NotIn have values, Exists and DoesNotExist have none, Gt and Lt have one",
  help    = "A server refuses the object.",
  source  = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      if of.name == "LabelSelectorRequirement" or of.name == "NodeSelectorRequirement" then check_requirement(part, report) end
    end)
  end,
}

local function no_integer(v) return type(v) == "string" and not v:find "^[+-]?%d+$" end

local function each_node_term(pod, visit)
  local affinity = read.table(pod.spec, "affinity", "nodeAffinity")
  if not affinity then return end
  for _, term in read.items(read.table(affinity, "requiredDuringSchedulingIgnoredDuringExecution") or {},
    "nodeSelectorTerms") do visit(term) end
  for _, preferred in read.items(affinity, "preferredDuringSchedulingIgnoredDuringExecution") do
    local term = read.table(preferred, "preference")
    if term then visit(term) end
  end
end

local function check_match_field(requirement, report)
  if requirement.key ~= nil and requirement.key ~= "metadata.name" then report(requirement, "key",
    "matchFields knows the key metadata.name only") end
  local operator = read.string(requirement, "operator")
  if operator and operator ~= "In" and operator ~= "NotIn" then
    report(requirement, "operator", "matchFields knows the operators In and NotIn only")
  elseif operator and #(read.table(requirement, "values") or {}) > 1 then
    report(requirement, "values", "matchFields takes one value")
  end
  local values = read.table(requirement, "values")
  for i = 1, values and #values or 0 do
    local wrong = syntax.ask(values, i, syntax.filled_subdomain)
    if wrong then report(values, { i }, "the node's name must be " .. wrong) end
  end
end

rule "kubernetes/node-affinity" {
  summary = "node affinity compares labels with values that can be compared",
  help    = "A server refuses fields other than metadata.name. Gt and Lt compare integers, so that other values match no node.",
  source  = ASSIGN .. "#node-affinity",
  pods    = true,
  check   = function(pod, report)
    each_node_term(pod, function(term)
      for _, requirement in read.items(term, "matchFields") do check_match_field(requirement, report) end
      for _, requirement in read.items(term, "matchExpressions") do
        local values = (requirement.operator == "Gt" or requirement.operator == "Lt") and read.table(requirement, "values")
        for i = 1, values and #values or 0 do
          if ask(values, i, no_integer) then report(values, { i }, "Gt and Lt compare integers") end
        end
      end
    end)
  end,
}

rule "kubernetes/toleration" {
  summary = "tolerations fit together: a value with a key, no value with Exists, seconds with NoExecute",
  help    = "A server refuses the Pod.",
  source  = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
  pods    = true,
  check   = function(pod, report)
    for _, toleration in read.items(pod.spec, "tolerations") do
      local operator = read.string(toleration, "operator")
      if read.is_empty(toleration, "key") and operator ~= "Exists" then report(toleration, "operator",
        "without a key, the operator must be Exists") end
      if operator == "Exists" and not read.is_empty(toleration, "value") then
        report(toleration, "value", "the operator Exists takes no value", { fix = k8s.remove })
      end
      if not read.is_absent(toleration, "tolerationSeconds") and toleration.effect ~= "NoExecute" then
        report(toleration, "effect", "tolerationSeconds goes with the effect NoExecute")
      end
    end
  end,
}

rule "kubernetes/toleration-value" {
  summary = "the value of a toleration is written as a label's value",
  help    = "A server refuses the Pod: values of taints are written as values of labels.",
  source  = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
  pods    = true,
  check   = function(pod, report)
    for _, toleration in read.items(pod.spec, "tolerations") do
      local wrong = toleration.operator ~= "Exists" and syntax.ask(toleration, "value", syntax.label_value)
      if wrong then report(toleration, "value", "the value must be " .. wrong) end
    end
  end,
}

rule "kubernetes/topology-spread" {
  summary = "constraints on spreading are listed once, and minDomains goes with DoNotSchedule",
  help    = "A server refuses two constraints with the same topologyKey and whenUnsatisfiable.",
  source  = "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
  pods    = true,
  check   = function(pod, report)
    local seen = {}
    for _, constraint in read.items(pod.spec, "topologySpreadConstraints") do
      local key, otherwise = read.string(constraint, "topologyKey"), read.string(constraint, "whenUnsatisfiable")
      local id = key and otherwise and key .. "\n" .. otherwise
      if id and seen[id] then report(constraint, "topologyKey", "another constraint has this topologyKey and whenUnsatisfiable") end
      if id then seen[id] = true end
      if not read.is_absent(constraint, "minDomains") and otherwise and otherwise ~= "DoNotSchedule" then
        report(constraint, "minDomains", "minDomains goes with whenUnsatisfiable DoNotSchedule")
      end
    end
  end,
}
