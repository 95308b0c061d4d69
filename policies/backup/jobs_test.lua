-- Images, resources and settings of Jobs, CronJobs, Pods, and of Functions.

local LIMITS = "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}"
local DIGEST = "image: registry.example/a:1@sha256:0000"

local function pod(container, more)
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, %s}]\n%s"):format(container, more or "")
end

local function job(spec, pod_spec)
  return ([[
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec:
  activeDeadlineSeconds: 60
  %s
  template: {spec: {%s, containers: [{name: c, image: "a@sha256:0", %s}]}}
]]):format(spec, pod_spec, LIMITS)
end

local function check(name, input, expect) test(name) { input = input, expect = expect } end

check("an image with a digest", pod(DIGEST .. ", " .. LIMITS), {})
check("an image with a longer digest", pod("image: registry.example/a@sha512:0000, " .. LIMITS), {})
check("an image with a tag", pod("image: registry.example/a:1, " .. LIMITS), { "backup/image-pinned @ spec.containers[0].image" })
for _, image in ipairs { "a:latest", "a", "registry.example:5000/a", "'a:'" } do
  check("the latest image: " .. image, pod(("image: %s, %s"):format(image, LIMITS)), { "backup/image-latest @ spec.containers[0].image" })
end
check("no image", pod(LIMITS), {})
check("init containers have images", pod(DIGEST .. ", " .. LIMITS, ("  initContainers: [{name: i, image: b, %s}]\n"):format(LIMITS)),
  { "backup/image-latest @ spec.initContainers[0].image" })

local function a_function(image)
  return ("apiVersion: stash.appscode.com/v1beta1\nkind: Function\nmetadata: {name: f}\nspec: {image: %q}\n"):format(image)
end
check("a Function's image", a_function "a:1", { "backup/image-pinned @ spec.image" })
check("a Function's image that is latest", a_function "a", { "backup/image-latest @ spec.image" })
check("a Function's image that is computed", a_function "${REGISTRY:=x}/a", {})

for _, case in ipairs {
  { "", "requests.cpu, requests.memory, limits.memory" }, { "resources: {limits: {cpu: 1, memory: 1Gi}}", false },
  { "resources: {requests: {cpu: 1, memory: 1Gi}}", "limits.memory" }, { "resources: {limits: {memory: 1Gi}}", "requests.cpu" },
  { "resources: {requests: {cpu: 1}, limits: {cpu: 1}}", "requests.memory, limits.memory" }, { LIMITS, false },
} do
  check("a container with " .. case[1], pod(DIGEST .. ", " .. case[1]),
    case[2] and { "backup/resources @ spec.containers[0].resources: not set: " .. case[2] } or {})
end

check("a scratch volume without bound", pod(DIGEST .. ", " .. LIMITS,
  "  volumes: [{name: s, emptyDir: {}}, {name: t, secret: {secretName: x}}]\n"),
  { "backup/scratch-limit @ spec.volumes[0].emptyDir.sizeLimit" })
check("a scratch volume with a bound", pod(DIGEST .. ", " .. LIMITS, "  volumes: [{name: s, emptyDir: {sizeLimit: 1Gi}}]\n"), {})

check("a Job as it should be", job("backoffLimit: 0", "restartPolicy: Never"), {})
check("a Job that is tried on failure", job("backoffLimit: 3", "restartPolicy: OnFailure"), {})
check("a Job that is tried seven times", job("completions: 1", "restartPolicy: Never"), { "backup/backoff-limit @ spec.backoffLimit" })
check("a Job without restart policy", job("backoffLimit: 0", "hostname: h"),
  { "backup/restart-policy @ spec.template.spec.restartPolicy: not set" })
check("a Job for ever", job("backoffLimit: 0", "restartPolicy: Always"),
  { "backup/restart-policy @ spec.template.spec.restartPolicy: Never or" })

local function cron_job(spec, job_spec, labels)
  return ([[
apiVersion: batch/v1
kind: CronJob
metadata: {name: j, labels: {%s}}
spec:
  schedule: "0 3 * * *"
  %s
  jobTemplate: {spec: {activeDeadlineSeconds: 60, %s, template: {spec: {restartPolicy: Never, containers: []}}}}
]]):format(labels or "", spec, job_spec)
end
check("a CronJob as it should be", cron_job("concurrencyPolicy: Forbid", "backoffLimit: 0"), {})
check("a CronJob that replaces", cron_job("concurrencyPolicy: Replace", "backoffLimit: 0"), {})
check("a CronJob beside itself", cron_job("concurrencyPolicy: Allow", "backoffLimit: 0"), { "backup/concurrency @ spec.concurrencyPolicy" })
check("a CronJob that says nothing", cron_job("suspend: false", "completions: 1"),
  { "backup/concurrency @ spec.concurrencyPolicy", "backup/backoff-limit @ spec.jobTemplate.spec.backoffLimit" })
check("the trigger of a schedule", cron_job("suspend: false", "backoffLimit: 0", "app.kubernetes.io/managed-by: stash.appscode.com"), {})

-- What has odd shapes is passed over.
for _, odd in ipairs { "spec: 1", "spec: []", "spec: {containers: 1, volumes: x}", "spec: {containers: [1, x, [], {}]}",
  "spec: {containers: [{env: 1, args: {a: b}, resources: x}], volumes: [1, {emptyDir: x}]}" } do
  check("an odd Pod, " .. odd, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n" .. odd .. "\n",
    odd:find "{}%]" and { "backup/resources @ spec.containers[2].resources",
      "backup/resources @ spec.containers[3].resources" } or odd:find "env" and { "backup/resources @ spec.containers[0].resources" } or {})
end
