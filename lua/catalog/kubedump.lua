-- The cluster's own objects: all that kubectl can list, one file a kind, without what the API server writes itself. Objects that another
-- one owns are left out, as their owner makes them again, and so are kinds that are about the moment.
--
-- The Pod's service account must be allowed to list, and for a restore to apply, what is meant (runtimeSettings.pod.serviceAccountName;
-- `moonstep catalog rbac kubedump-backup` prints one that may).
-- Secrets are among the objects: the repository is encrypted. A restore applies the objects of the backup over those that are there,
-- those of Kubernetes' own namespaces excepted, and removes nothing.
local COMMON = {
  { name = "namespaces", env = "NAMESPACES", default = "",
    summary = "namespaces with blanks between, and nothing else (default: everything; for a restore without namespaces kube-*)" },
}

return {
  name = "kubedump",
  summary = "Kubernetes: the objects of the cluster, by kubectl",
  tested = "rendered, shell parsed; end to end with kubectl 1.20, on Kubernetes",
  image = "alpine/k8s:1.32.0",
  params = COMMON,
  dump = {
    rights = { { apiGroups = { "*" }, resources = { "*" }, verbs = { "get", "list" } } },
    params = {
      { name = "resources", env = "RESOURCES", default = "", summary = "kinds as kubectl names them, with blanks between (default: all)" },
      { name = "exclude", env = "EXCLUDE", summary = "kinds that are left out, with blanks between",
        default = "events events.events.k8s.io endpoints endpointslices.discovery.k8s.io leases.coordination.k8s.io nodes "
          .. "componentstatuses csinodes.storage.k8s.io volumeattachments.storage.k8s.io nodes.metrics.k8s.io pods.metrics.k8s.io "
          .. "certificatesigningrequests.certificates.k8s.io controllerrevisions.apps" },
    },
    body = [=[
if [ -z "$RESOURCES" ]; then
  kubectl api-resources --verbs=list,create -o name >"$HOME/resources"
  RESOURCES=$(sort -u "$HOME/resources")
fi
for resource in $RESOURCES; do
  case " $EXCLUDE " in *" $resource "*) continue ;; esac
  kubectl get "$resource" --all-namespaces --ignore-not-found --chunk-size=500 -o json >"$HOME/objects.json"
  if [ ! -s "$HOME/objects.json" ]; then continue; fi
  jq --arg namespaces "$NAMESPACES" '
    ($namespaces | split(" ") | map(select(. != ""))) as $wanted |
    { apiVersion: "v1", kind: "List", items: [ .items[]
      | select(.metadata.ownerReferences | length == 0)
      | select(.type != "kubernetes.io/service-account-token")
      | select(((if .kind == "Namespace" then .metadata.name else .metadata.namespace end) // "") as $own
          | ($wanted | length == 0) or ($wanted | index($own) != null))
      | del(.status, .metadata.uid, .metadata.resourceVersion, .metadata.generation, .metadata.creationTimestamp,
          .metadata.selfLink, .metadata.managedFields, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"])
      | if .kind == "Pod" then del(.spec.nodeName) else . end ] }' "$HOME/objects.json" >"$HOME/kept.json"
  if jq -e '.items | length > 0' "$HOME/kept.json" >/dev/null; then mv "$HOME/kept.json" "$dir/$resource.json"; fi
done
rm -f "$HOME/objects.json" "$HOME/kept.json"
]=],
  },
  load = {
    -- Roles are among the objects: who brings them back may give any right.
    rights = { { apiGroups = { "*" }, resources = { "*" }, verbs = { "get", "create", "patch" } },
      { apiGroups = { "rbac.authorization.k8s.io" }, resources = { "*" }, verbs = { "bind", "escalate" } } },
    params = {
      { name = "kinds", env = "KINDS", default = "", summary = "kinds as kubectl names them, with blanks between (default: all)" },
    },
    body = [=[
if [ -z "$KINDS" ]; then
  KINDS="namespaces customresourcedefinitions.apiextensions.k8s.io"
  set +f
  for file in "$dir"/*.json; do
    kind=${file##*/}
    KINDS="$KINDS ${kind%.json}"
  done
  set -f
fi
done=" "
for kind in $KINDS; do
  case "$done" in *" $kind "*) continue ;; esac
  done="$done$kind "
  if [ ! -f "$dir/$kind.json" ]; then continue; fi
  jq --arg namespaces "$NAMESPACES" '
    ($namespaces | split(" ") | map(select(. != ""))) as $wanted |
    .items |= map(select(
      ((if .kind == "Namespace" then .metadata.name else .metadata.namespace end) // "") as $own |
      if $wanted | length > 0 then $wanted | index($own) != null else $own | startswith("kube-") | not end))' \
    "$dir/$kind.json" >"$HOME/objects.json"
  if jq -e '.items | length > 0' "$HOME/objects.json" >/dev/null; then
    kubectl apply --server-side --force-conflicts --field-manager=moonstep -f "$HOME/objects.json" >&2
  fi
done
]=],
  },
}
