-- etcd: a snapshot by etcdctl, which waits for ever for a member that is away: so that is asked for before. The image is the last one
-- that has a shell.
--
-- A restore makes a new data directory of the snapshot, in the claim of a member that does not run: the directory dataPath there must be
-- empty or missing. Every member of a cluster needs one, with its own memberName and the same cluster.
return {
  name = "etcd",
  summary = "etcd: all keys, by etcdctl snapshot",
  tested = "rendered, shell parsed; end to end with etcd 3.5, on podman and Kubernetes",
  versions = { "3.5" },
  image = "quay.io/coreos/etcd:v3.5.6",
  params = {
    { name = "passwordKey", env = "ETCD_PASSWORD", key = true, optional = true, default = "password",
      summary = "the key of the password in the Secret" },
    { name = "userKey", env = "ETCD_USER", key = true, optional = true, default = "username",
      summary = "the key of the user's name in the Secret; without it or the Secret, nobody logs in" },
  },
  dump = {
    params = {
      { name = "endpoint", env = "ETCDCTL_ENDPOINTS", summary = "the member that is asked, one alone",
        default = "${APPBINDING_SCHEME:=http}://${APPBINDING_HOST:=${TARGET_NAME:=etcd}}:${APPBINDING_PORT:=2379}" },
      { name = "etcdctlArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of etcdctl, such as --cacert" },
    },
    body = [=[
export ETCDCTL_API=3
if [ -n "${ETCD_USER:-}" ]; then export ETCDCTL_USER="$ETCD_USER" ETCDCTL_PASSWORD="$ETCD_PASSWORD"; fi
set --
for word in $DUMP_ARGS; do set -- "$@" "$word"; done
if ! etcdctl "$@" endpoint health >"$dir.health" 2>&1; then
  sed -n -e '/^Error: unhealthy cluster$/d' -e 's/^.* is unhealthy: /error: &/' -e p "$dir.health" >&2
  exit 1
fi
rm -f "$dir.health"
etcdctl "$@" snapshot save "$dir/etcd.db" >&2
etcdctl snapshot status "$dir/etcd.db" >&2
]=],
  },
  load = {
    claim = { name = "dataClaim", path = "/var/lib/etcd", default = "data-${TARGET_NAME:=etcd}-0",
      summary = "the claim that the data directory is made in" },
    params = {
      { name = "dataPath", env = "DATA_PATH", default = "/var/lib/etcd/default.etcd", summary = "the data directory, in /var/lib/etcd" },
      { name = "memberName", env = "MEMBER", default = "default", summary = "the name of the member" },
      { name = "memberUrl", env = "MEMBER_URL", default = "http://localhost:2380", summary = "what its peers call it by" },
      { name = "cluster", env = "CLUSTER", default = "${memberName:=default}=${memberUrl:=http://localhost:2380}",
        summary = "all members, as name=URL with commas between" },
    },
    body = [=[
export ETCDCTL_API=3
etcdctl snapshot restore "$dir/etcd.db" --data-dir "$DATA_PATH" --name "$MEMBER" --initial-advertise-peer-urls "$MEMBER_URL" \
  --initial-cluster "$CLUSTER" >&2
]=],
  },
}
