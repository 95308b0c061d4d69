-- ConfigMaps, Secrets, Roles, RoleBindings.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function map(rest) return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n" .. rest .. "\n" end
local function secret(kind, data) return ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: %s\n%s\n"):format(kind, data or "") end

check("keys that are fine", map "data: {a: b, A_b-c.d: e, .f: g}\nbinaryData: {h: YQ==}")
for _, key in ipairs { "a/b", "a b", "..", "..a" } do check("no key: " .. key, map("data: {" .. key .. ": b}"), "data-key @ data"
  .. (key:find "%." and '["' .. key .. '"]' or "." .. key)) end
check("a long key", map("data: {" .. ("a"):rep(254) .. ": b}"), "data-key @ data." .. ("a"):rep(254) .. ": at most 253")
check("a key in both", map "data: {a: b}\nbinaryData: {a: YQ==}", "data-key @ binaryData.a: data has this key")
check("a MiB", map("data: {a: " .. ("a"):rep(1 << 20) .. "}"))
check("more than a MiB", map("data: {a: " .. ("a"):rep(1 << 20) .. ", b: c}"), "data-size @ data: 1048577 bytes")
check("more than a MiB in base64", secret("Opaque", "data: {a: " .. ("YWFh"):rep((1 << 20) // 3 + 1) .. "}"),
  "data-size @ data: 1048578 bytes")

check("types of Secrets", secret("Opaque") .. "---\n" .. secret("kubernetes.io/tls",
  "data: {tls.crt: YQ==, tls.key: YQ==}"):gsub("name: s", "name: t") .. "---\n"
  .. secret("kubernetes.io/basic-auth", "stringData: {password: a}"):gsub("name: s", "name: u"))
check("a certificate without key", secret("kubernetes.io/tls", "data: {tls.crt: YQ==}"), "secret-type @ data: tls.key")
check("nobody to log in", secret("kubernetes.io/basic-auth", "stringData: {a: b}"), "secret-type @ data: username or password")
check("a token of nobody", secret "kubernetes.io/service-account-token", "secret-type @ type: annotation")

local function role(rule) return "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{" .. rule
  .. "}]\n" end
check("a role", role "verbs: [get], apiGroups: [''], resources: [pods]")
check("a role without rules", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n")
check("a rule of verbs alone", role "verbs: [get]", "role-rule @ rules[0].apiGroups: apiGroups is missing",
  "role-rule @ rules[0].resources: resources is missing")
check("a rule without verbs", role "verbs: [], apiGroups: [''], resources: [pods]", "required @ rules[0].verbs")
check("a role for URLs", role "verbs: [get], nonResourceURLs: [/a]", "role-rule @ rules[0].nonResourceURLs")

local function binding(ref, subject)
  return ("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {%s}\nsubjects: "
    .. "[{%s}]\n"):format(ref, subject)
end
check("a binding", binding("kind: Role, name: r", "kind: ServiceAccount, name: s"))
check("a binding's group", binding("kind: Role, name: r, apiGroup: x", "kind: Group, name: s"), "role-binding @ roleRef.apiGroup")
check("a subject's group", binding("kind: Role, name: r", "kind: User, name: s, apiGroup: x"), "role-binding @ subjects[0].apiGroup")
check("a service account's group and name", binding("kind: Role, name: r",
  "kind: ServiceAccount, name: A, apiGroup: rbac.authorization.k8s.io"),
  "role-binding @ subjects[0].apiGroup: must be empty", "role-binding @ subjects[0].name")
check("a subject of another kind", binding("kind: Role, name: r", "kind: Robot, name: s"), "enum @ subjects[0].kind")
