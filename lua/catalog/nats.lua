-- NATS JetStream: every stream with its consumers, those below buckets and objects too, by the nats program. The server gives no backup
-- of a stream that is kept in memory: where all streams are wanted, those are passed over, and the log says so.
--
-- A restore makes the streams of the backup again; one that is there is removed before, if overwrite says so, and otherwise an error.
return {
  name = "nats",
  summary = "NATS: all streams of JetStream, by nats stream backup",
  tested = "rendered, shell parsed; end to end with NATS 2.9 and 2.10 on podman, with 2.9 on Kubernetes, and a stand-in for natscli",
  versions = { "2.6", "2.7", "2.8", "2.9", "2.10" },
  image = "natsio/nats-box:0.14.1",
  params = {
    { name = "url", env = "NATS_URL", default = "nats://${APPBINDING_HOST:=${TARGET_NAME:=nats}}:${APPBINDING_PORT:=4222}",
      summary = "the server" },
    { name = "userKey", env = "LOGIN_USER", key = true, optional = true, default = "username",
      summary = "the key of the user's name in the Secret; without it or the Secret, nobody logs in" },
    { name = "passwordKey", env = "LOGIN_PASSWORD", key = true, optional = true, default = "password",
      summary = "the key of the password in the Secret" },
  },
  dump = {
    params = { { name = "streams", env = "STREAMS", default = "",
      summary = "streams with blanks between (default: all but those in memory)" } },
    body = [=[
if [ -n "${LOGIN_USER:-}" ]; then export NATS_USER="$LOGIN_USER" NATS_PASSWORD="$LOGIN_PASSWORD"; fi
if [ -z "$STREAMS" ]; then
  nats stream ls --names --all >"$dir.names"
  while IFS= read -r name; do
    case "$name" in '' | *[\ .\>\*]*) continue ;; esac
    nats stream info "$name" --json >"$dir.info" </dev/null
    if grep -q '"storage": *"memory"' "$dir.info"; then
      echo "stream $name is kept in memory, and is not in the backup" >&2
    else
      STREAMS="$STREAMS $name"
    fi
  done <"$dir.names"
  rm -f "$dir.names" "$dir.info"
fi
for name in $STREAMS; do
  nats stream backup "$name" "$dir/$name" --no-progress >&2
done
]=],
  },
  load = {
    params = { { name = "overwrite", env = "OVERWRITE", default = "true", summary = "whether streams that are there are replaced" } },
    body = [=[
if [ -n "${LOGIN_USER:-}" ]; then export NATS_USER="$LOGIN_USER" NATS_PASSWORD="$LOGIN_PASSWORD"; fi
set +f
for backup in "$dir"/*/; do
  if [ ! -d "$backup" ]; then continue; fi
  name=${backup%/}
  name=${name##*/}
  if [ "$OVERWRITE" = true ]; then nats stream rm "$name" --force >&2 || true; fi
  nats stream restore "${backup%/}" --no-progress >&2
done
]=],
  },
}
