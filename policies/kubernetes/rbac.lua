-- Rules about Roles and RoleBindings.
local read   = include "read.lua"
local syntax = include "syntax.lua"

local RBAC = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"

rule "kubernetes/role-rule" {
  summary = "each rule of a Role names verbs, API groups and resources",
  help    = "A server refuses the Role. The API group of Pods and other core objects is the empty string: apiGroups: [\"\"].",
  source  = RBAC .. "#role-and-clusterrole",
  kinds   = { "Role" },
  check   = function(object, report)
    for _, each in read.items(object, "rules") do
      if not read.is_empty(each, "nonResourceURLs") then
        report(each, "nonResourceURLs", "a Role cannot name URLs; that is for a ClusterRole")
      else
        for _, field in ipairs { "apiGroups", "resources" } do
          if read.is_empty(each, field) then report(each, field, ("%s is missing"):format(field)) end
        end
      end
    end
  end,
}

local GROUP = "rbac.authorization.k8s.io"

-- What a subject of each kind needs.
local SUBJECTS = {
  ServiceAccount = function(subject, report)
    if not read.is_empty(subject, "apiGroup") then report(subject, "apiGroup", "a ServiceAccount's apiGroup must be empty",
      { fix = k8s.remove }) end
    local wrong = syntax.ask(subject, "name", syntax.subdomain)
    if wrong then report(subject, "name", "the name must be " .. wrong) end
  end,
  User = function(subject, report)
    if not read.is_empty(subject, "apiGroup") and subject.apiGroup ~= GROUP then report(subject, "apiGroup", "apiGroup must be " .. GROUP,
      { fix = GROUP }) end
  end,
}
SUBJECTS.Group = SUBJECTS.User

rule "kubernetes/role-binding" {
  summary = "a RoleBinding refers to a role and to subjects in the right API group",
  help    = "A server refuses the RoleBinding. A ServiceAccount is named with its namespace and without a group.",
  source  = RBAC .. "#rolebinding-and-clusterrolebinding",
  kinds   = { "RoleBinding" },
  check   = function(object, report)
    local role = read.table(object, "roleRef")
    if role and not read.is_empty(role, "apiGroup") and role.apiGroup ~= GROUP then
      report(role, "apiGroup", "apiGroup must be " .. GROUP, { fix = GROUP })
    end
    for _, subject in read.items(object, "subjects") do
      local check = SUBJECTS[subject.kind]
      if check then check(subject, report) end
    end
  end,
}
