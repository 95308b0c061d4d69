-- The order in which keys are written: Kubernetes' own habit, what identifies first, what is long last. Keys that are not listed
-- follow by name.
return {
  "apiVersion", "kind", "metadata", "name", "generateName", "namespace", "uid", "labels", "annotations", "ownerReferences",
  "controller", "blockOwnerDeletion",
  "schedule", "timeZone", "suspend", "concurrencyPolicy", "jobTemplate",
  "parallelism", "completions", "completionMode", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "selector",
  "template",
  "spec",
  "restartPolicy", "serviceAccountName", "nodeName", "nodeSelector",
  "image", "imagePullPolicy", "command", "args", "workingDir", "ports", "envFrom", "env", "value", "valueFrom", "apiGroups",
  "resources",
  "limits", "requests", "mountPath", "subPath", "readOnly", "volumeMounts", "volumeDevices",
  "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "securityContext",
  "initContainers", "containers", "volumes",
  "data", "stringData", "items", "status",
}
