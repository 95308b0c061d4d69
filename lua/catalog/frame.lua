-- The shell text of a step: what all steps of the catalogue do before and behind their own work.
--
-- The text is for any POSIX shell (dash, busybox, bash) and reads everything from its environment; no value is ever put into it. The body
-- runs under `set -euf`; it may define `cleanup`, which is called at the end however that comes. Its standard error goes to the log of the
-- container as it comes, and into OUTPUT_DIR/STEP.log. What a failed step says of itself is the last line of that which names a cause that
-- is known (status/reasons.lua), or else the last that tells of an error, or else the last: on a cluster also as the container's
-- termination message. What pg_dump says of its query up to version 13 is no cause.
--
-- A step that fails leaves status.json and, where ON_FAILURE is `report`, ends with 0: the steps behind it see that file and do nothing, up
-- to the last, which reports the failure and fails (catalog/make.lua has the contract). Otherwise it ends with the status of what failed.
local HEAD = [[
set -euf
mkdir -p "$OUTPUT_DIR" "$DATA_DIR"
chmod a+rwx "$OUTPUT_DIR" "$DATA_DIR" 2>/dev/null || true
if [ -e "$OUTPUT_DIR/status.json" ]; then
  echo "STEP: not done, as an earlier step failed" >&2
  exit 0
fi
begun=$(date +%s)
exec 3>&2
rm -f "$OUTPUT_DIR/STEP.log" "$OUTPUT_DIR/STEP.pipe"
mkfifo "$OUTPUT_DIR/STEP.pipe"
tee "$OUTPUT_DIR/STEP.log" <"$OUTPUT_DIR/STEP.pipe" >&3 &
log=$!
exec 2>>"$OUTPUT_DIR/STEP.pipe"
rm "$OUTPUT_DIR/STEP.pipe"
cleanup() { :; }
finish() {
  status=$?
  trap - EXIT
  set +e
  cleanup
  exec 2>&3
  wait "$log"
  if [ "$status" = 0 ]; then
    if [ ! -e "$OUTPUT_DIR/STEP.json" ]; then
      printf '{"step": "STEP", "seconds": %d}\n' "$(($(date +%s) - begun))" >"$OUTPUT_DIR/STEP.json"
    fi
    exit 0
  fi
  last='/[^ ]/h;${x;s/[^ -~]/?/g;p;}'
  why=
  for words in 'no space left|quota ?exceeded|minimum free d|already locked' 'fatal|error|denied|refused' .; do
    if [ -z "$why" ]; then why=$(grep -v 'query was: ' "$OUTPUT_DIR/STEP.log" | grep -i -E -e "$words" | LC_ALL=C sed -n -e "$last"); fi
  done
  if [ -n "$why" ] && [ -w /dev/termination-log ]; then printf %s "$why" >/dev/termination-log; fi
  why=$(printf %s "$why" | LC_ALL=C sed 's/[\\"]/\\&/g')
  printf '{"step": "STEP", "status": %d, "error": "%s"}\n' "$status" "${why:-ended with exit status $status}" >"$OUTPUT_DIR/status.json"
  if [ "$ON_FAILURE" = report ]; then exit 0; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
]]

-- frame(name of the step, body) -> shell text
return function(step, body) return (HEAD:gsub("STEP", step)) .. body end
