-- Rules about resources: quantities, their names, and requests beside limits.
local quantity = include "quantity.lua"
local read     = include "read.lua"
local schema   = include "schema.lua"
local syntax   = include "syntax.lua"

local RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"

local function check_quantity(part, key, report)
  local wrong = ask(part, key, quantity.problem)
  if not wrong then return end
  local meant = ask(part, key, quantity.meant)
  report(part, { key }, ("%s %s"):format(math.type(key) and "it" or key, wrong),
    meant and { hint = ("did you mean %s?"):format(meant), fix = meant } or nil)
end

rule "kubernetes/quantity" {
  summary = "quantities are numbers with a suffix that exists",
  help    = "A server refuses 1 Gi, 1GB and 1K: a suffix follows at once, k is small, and those of powers of two end in i.",
  source  = "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      for key in read.keys(part) do
        local field = of.fields[key]
        if field and field.scalar == "q" then check_quantity(part, key, report)
        elseif field and field.map and field.map.scalar == "q" then
          local quantities = read.table(part, key)
          for name in read.keys(quantities) do check_quantity(quantities, name, report) end
        end
      end
    end)
  end,
}

-- --- names of resources

local OF_CONTAINERS = { cpu = true, memory = true, ["ephemeral-storage"] = true }

-- What is wrong with a resource's name, or nil.
local function wrong_name(name)
  if type(name) ~= "string" or OF_CONTAINERS[name] then return nil end
  local wrong = syntax.qualified(name)
  if wrong then return "a resource's name must be " .. wrong end
  if name:find "^hugepages%-[^/]*$" then return nil end
  if name:find "^requests%." and name:find("/", 1, true) then return "requests. in front of a resource is for quotas" end
  if not name:find("/", 1, true) then
    return "a container's resources are cpu, memory, ephemeral-storage, hugepages-SIZE and those with a domain"
  end
end

-- Resources with a domain of their own are whole things, and cannot be promised twice.
local function is_extended(name)
  if name:find "^requests%." then return false end
  return name:find("/", 1, true) ~= nil and not name:find "^kubernetes%.io/" and not name:find "%.kubernetes%.io/"
end
local function is_huge(name) return name:find "^hugepages%-" ~= nil end

-- Calls visit(resources, container or Pod spec) for each of a Pod's containers.
local function each_resources(pod, visit)
  for container in k8s.containers(pod) do
    local resources = read.table(container, "resources")
    if resources then visit(resources) end
  end
end

-- Calls visit(name, quantities) for each quantity of the limits and requests.
local function each_quantity(resources, visit)
  for _, field in ipairs { "limits", "requests" } do
    local quantities = read.table(resources, field)
    for name in read.keys(quantities) do
      if type(name) == "string" then visit(name, quantities, field) end
    end
  end
end

rule "kubernetes/resource-name" {
  summary = "resources are those that containers can have",
  help    = "A server refuses other names without a domain: storage belongs to claims, gpu is nvidia.com/gpu.",
  source  = RESOURCES,
  pods    = true,
  check   = function(pod, report)
    each_resources(pod, function(resources)
      each_quantity(resources, function(name, quantities)
        local wrong = wrong_name(name)
        if wrong then report(quantities, { name }, wrong) end
      end)
    end)
  end,
}

-- Questions about amounts.
local function negative(v)
  local amount = quantity.value(v)
  return amount ~= nil and amount < 0
end

-- Amounts below a thousandth count as one.
local function broken(v)
  local amount = quantity.value(v)
  return amount ~= nil and math.ceil(amount * 1000 - 1e-6) % 1000 ~= 0
end

rule "kubernetes/resource-amount" {
  summary = "amounts of resources are not negative, and whole where things cannot be divided",
  help    = "A server refuses the Pod.",
  source  = RESOURCES,
  pods    = true,
  check   = function(pod, report)
    local function check(name, quantities)
      if ask(quantities, name, negative) then report(quantities, { name }, ("%s must not be negative"):format(name))
      elseif is_extended(name) and ask(quantities, name, broken) then report(quantities, { name },
        ("%s must be a whole number"):format(name)) end
    end
    each_resources(pod, function(resources) each_quantity(resources, check) end)
    local overhead = read.table(pod.spec, "overhead")
    for name in read.keys(overhead) do
      if type(name) == "string" then
        local wrong = wrong_name(name)
        if wrong then report(overhead, { name }, wrong) end
        check(name, overhead)
      end
    end
  end,
}

local function check_request(name, requests, limits, report)
  local request = ask(requests, name, quantity.value)
  local limit = limits and ask(limits, name, quantity.value)
  local whole = is_extended(name) or is_huge(name)
  if not request or request < 0 then return end
  if whole and not limit then
    if read.is_absent(limits or {}, name) then report(requests, { name }, ("%s needs a limit as high as the request"):format(name)) end
  elseif limit and limit >= 0 and whole and request ~= limit then
    report(requests, { name }, ("the request for %s must equal its limit"):format(name))
  elseif limit and limit >= 0 and request > limit then
    report(requests, { name }, ("the request for %s is above its limit"):format(name))
  end
end

rule "kubernetes/request-above-limit" {
  summary = "what a container requests is not more than its limit",
  help    = "A server refuses the Pod. Of resources that cannot be promised twice, such as GPUs and huge pages, limit and request must "
    .. "be equal.",
  source  = RESOURCES .. "#requests-and-limits",
  pods    = true,
  check   = function(pod, report)
    each_resources(pod, function(resources)
      local requests, limits = read.table(resources, "requests"), read.table(resources, "limits")
      for name in read.keys(requests) do
        if type(name) == "string" then check_request(name, requests, limits, report) end
      end
    end)
  end,
}

rule "kubernetes/huge-pages" {
  summary = "a container with huge pages names memory or cpu, too",
  help    = "A server refuses the Pod.",
  source  = "https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/",
  pods    = true,
  check   = function(pod, report)
    each_resources(pod, function(resources)
      local huge, usual
      each_quantity(resources, function(name, quantities)
        if is_huge(name) then huge = huge or { quantities, name } end
        usual = usual or name == "cpu" or name == "memory"
      end)
      if huge and not usual then report(huge[1], { huge[2] }, "huge pages need cpu or memory beside them") end
    end)
  end,
}

rule "kubernetes/fraction-of-byte" {
  summary  = "amounts of memory and storage are whole bytes",
  help     = "Servers take 400m, which is less than one byte; M or Mi was probably meant.",
  source   = RESOURCES .. "#meaning-of-memory",
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    each_resources(pod, function(resources)
      each_quantity(resources, function(name, quantities)
        if (name == "memory" or name == "ephemeral-storage") and ask(quantities, name, broken) then
          report(quantities, { name }, ("%s is counted in bytes, and this has a part of one"):format(name))
        end
      end)
    end)
  end,
}

-- --- claims

local CLAIMS = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/"

local function not_positive(v)
  local amount = quantity.value(v)
  return amount ~= nil and amount <= 0
end

rule "kubernetes/claim" {
  summary = "a claim says how it is accessed and how much storage it needs",
  help    = "A server refuses the claim. accessModes has at least one mode, resources.requests.storage is more than 0.",
  source  = CLAIMS,
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      if of.name ~= "PersistentVolumeClaimSpec" then return end
      local modes = read.table(part, "accessModes")
      if not modes or #modes == 0 then report(part, "accessModes", "accessModes is missing") end
      local once = false
      for _, mode in read.strings(part, "accessModes") do once = once or mode == "ReadWriteOncePod" end
      if once and #modes > 1 then report(part, "accessModes", "ReadWriteOncePod cannot be combined with other modes") end
      local requests = read.table(part, "resources", "requests")
      if not requests or read.is_absent(requests, "storage") then report(part, "resources.requests.storage",
        "resources.requests.storage is missing")
      elseif ask(requests, "storage", not_positive) then report(requests, "storage", "storage must be more than 0") end
    end)
  end,
}

rule "kubernetes/claim-resources" {
  summary  = "a claim's resources are storage, and no more of it is asked for than the limit says",
  help     = "Servers take other resources and do nothing with them; no volume can hold more than its limit.",
  source   = CLAIMS,
  severity = "warning",
  kinds    = schema.kinds,
  check    = function(object, report)
    schema.walk(object, function(part, of)
      local resources = of.name == "PersistentVolumeClaimSpec" and read.table(part, "resources")
      if not resources then return end
      each_quantity(resources, function(name, quantities)
        if name ~= "storage" then report(quantities, { name }, "a claim's resource is storage, and nothing else counts") end
      end)
      local requests, limits = read.table(resources, "requests"), read.table(resources, "limits")
      if requests and limits and not read.is_absent(requests, "storage") then check_request("storage", requests, limits, report) end
    end)
  end,
}
