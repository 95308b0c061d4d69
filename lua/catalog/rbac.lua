-- What a cluster has to allow the Pods of Tasks: a service account, and the rights of their steps.
--
--   rbac.objects(entries, namespace, name of the service account) -> list of objects
--
-- The last step of each Task tells its session and Repository what became of it; these rights are a Role of the namespace. A Function that
-- asks the cluster for more says so in its table (`rights`, rules of a ClusterRole): what those among the entries need is a ClusterRole. An
-- account `default` is in each namespace already, and is not made.
local rbac = {}

local API = "rbac.authorization.k8s.io"

-- What `moonstep update-status` asks.
local STATUS = {
  { apiGroups = { "stash.appscode.com" }, verbs = { "get", "patch" }, resources = { "backupsessions", "backupsessions/status",
    "restoresessions", "restoresessions/status", "restorebatches", "restorebatches/status", "repositories", "repositories/status" } },
  { apiGroups = { "stash.appscode.com" }, verbs = { "get" }, resources = { "backupbatches" } },
}

-- A role with its rules, and its binding to an account.
local function role_of(of, account)
  local prefix = of.cluster and "Cluster" or ""
  local metadata = { name = of.name, namespace = not of.cluster and account.namespace or nil }
  return { apiVersion = API .. "/v1", kind = prefix .. "Role", metadata = metadata, rules = of.rules },
    { apiVersion = API .. "/v1", kind = prefix .. "RoleBinding", metadata = metadata,
      roleRef = { apiGroup = API, kind = prefix .. "Role", name = of.name },
      subjects = { { kind = "ServiceAccount", name = account.name, namespace = account.namespace } } }
end

-- The rights of Functions beyond their namespace, each once.
local function rights_of(entries)
  local rules, seen = {}, {}
  for _, entry in ipairs(entries) do
    local rights = entry.rights
    if rights and not seen[rights] then table.move(rights, 1, #rights, #rules + 1, rules) end
    if rights then seen[rights] = true end
  end
  return rules
end

function rbac.objects(entries, namespace, name)
  local account = { name = name, namespace = namespace }
  local list = {}
  if name ~= "default" then list[1] = { apiVersion = "v1", kind = "ServiceAccount", metadata = account } end
  local function add(of)
    local role, binding = role_of(of, account)
    list[#list + 1], list[#list + 2] = role, binding
  end
  add { name = "moonstep-status", rules = STATUS }
  local rules = rights_of(entries)
  if rules[1] then add { name = ("moonstep-%s-%s"):format(namespace, name), rules = rules, cluster = true } end
  return list
end

return rbac
