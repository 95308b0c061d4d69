-- Secrets that are written down.

local function pod(container)
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: 'a@sha256:0', " ..
    "resources: {limits: {cpu: 1, memory: 1Gi}}, %s}]\n"):format(container)
end

local function check(name, input, expect) test(name) { options = { ["backup.elsewhere"] = "*" }, input = input, expect = expect } end

local function env(name, v, found)
  check(("the variable %s=%s"):format(name, v), pod(("env: [{name: %s, value: %q}]"):format(name, v)),
    found and { "backup/secret-env @ spec.containers[0].env[0].value" } or {})
end
for _, name in ipairs { "PGPASSWORD", "MYSQL_ROOT_PASSWORD", "DB_PASSWORD_2", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
  "CLIENT_SECRET", "apiKey", "dbPassword", "MYSQL_PWD" } do env(name, "hunter2", true) end
for _, name in ipairs { "PASSWORD_FILE", "SECRET_NAME", "TOKEN_TTL", "secretVolume", "CREDENTIALS_PATH", "USER", "KEY", "tokenUrl" } do
  env(name, "hunter2", false)
end
for _, v in ipairs { "", "true", "$(OTHER)", "${OTHER}", "$OTHER", "/run/secret/password", "<set by CI>", "60" } do env("PASSWORD", v,
  false) end
check("a variable from a Secret", pod "env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: s, key: k}}}]", {})

local function args(list, at)
  check("the arguments " .. list, pod("args: " .. list),
    at and { ("backup/secret-argument @ spec.containers[0].args[%d]"):format(at) } or {})
end
args("[--password=hunter2]", 0)
args("[run, --db-password=hunter2]", 1)
args("[--token, hunter2]", 1)
args("[-Dsecret.key=hunter2]", 0)
args("[--password-file=/run/secret]", nil)
args("[--secret-dir=/etc/secret]", nil)
args("['--password=$(PASSWORD)', '--token=${TOKEN}', '--secret=']", nil)
args("[--token, --verbose, hunter2]", nil)
args("[--token, $(TOKEN)]", nil)
args("[--token]", nil)
check("a command", pod "command: [run, --password=hunter2]", { "backup/secret-argument @ spec.containers[0].command[1]" })

local function text(v, words)
  check("the text " .. v, pod(("args: [%q]"):format(v)), words and { "backup/secret-text @ spec.containers[0].args[0]: " .. words } or {})
end
text("postgres://app:hunter2@db/orders", "a URL with a password")
text("postgres://app@db/orders", nil)
text("postgres://app:$(PASSWORD)@db/orders", nil)
text("http://db:5432/a@b", nil)
text("-----BEGIN RSA PRIVATE KEY-----", "a private key")
text("-----BEGIN PRIVATE KEY-----", "a private key")
text("-----BEGIN CERTIFICATE-----", nil)
text("id AKIAABCDEFGHIJKLMNOP", "an access key of AWS")
text("id AKIAABC", nil)
text("ghp_0123456789012345678901234567890123456789", "a token of GitHub")
text("ghp_short", nil)
check("a URL in the environment", pod "env: [{name: DATABASE, value: 'mysql://root:hunter2@db'}]",
  { "backup/secret-text @ spec.containers[0].env[0].value" })

-- --- as they were written

check("a Function", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec:
  image: a@sha256:0
  args: [--password=hunter2, "--token=${token}"]
  runtimeSettings:
    env:
    - {name: PASSWORD, value: hunter2}
    - {name: TOKEN, value: "${token}"}
]], { "backup/secret-argument @ spec.args[0]", "backup/secret-env @ spec.runtimeSettings.env[0].value" })

check("settings of an invoker", [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: demo}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  repository: {name: vault}
  task: {name: pg, params: [{name: password, value: hunter2}, {name: url, value: "ftp://u:hunter2@h"}, {name: secretName, value: s},
    {name: tlsSecret, value: s}]}
  target: {ref: {apiVersion: v1, kind: Service, name: db}}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
  runtimeSettings: {container: {env: [{name: PASSWORD, value: hunter2}]}}
  hooks: {preBackup: {exec: {command: [curl, "https://u:hunter2@hook"]}}}
]], { "backup/secret-env @ spec.runtimeSettings.container.env[0].value", "backup/secret-param @ spec.task.params[0].value: password",
  "backup/secret-param @ spec.task.params[1].value: a URL", "backup/secret-text @ spec.hooks.preBackup.exec.command[1]" })

check("settings of a member", [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBatch
metadata: {name: fleet, namespace: demo}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  repository: {name: vault}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
  members:
  - task: {name: pg}
    target: {ref: {apiVersion: v1, kind: Service, name: db}}
    runtimeSettings: {container: {env: [{name: PASSWORD, value: hunter2}]}}
]], { "backup/secret-env @ spec.members[0].runtimeSettings.container.env[0].value" })

check("a step's parameters", [[
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: pg}
spec: {steps: [{name: update-status, params: [{name: password, value: hunter2}, {name: token, value: "${token}"}]}]}
]], { "backup/secret-param @ spec.steps[0].params[0].value" })

check("an AppBinding's parameters and URL", [[
apiVersion: appcatalog.appscode.com/v1alpha1
kind: AppBinding
metadata: {name: db, namespace: demo}
spec:
  clientConfig: {url: "mysql://root:hunter2@db"}
  parameters: {stash: {addon: {backupTask: {name: pg, params: [{name: password, value: hunter2}]}}}}
]], { "backup/secret-text @ spec.clientConfig.url", "backup/secret-param @ spec.parameters.stash.addon.backupTask.params[0].value" })

check("the URL of a backend", [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: vault, namespace: demo}
spec: {backend: {storageSecretName: key, rest: {url: "https://user:hunter2@rest.example.com"}}}
]], { "backup/secret-text @ spec.backend.rest.url" })
