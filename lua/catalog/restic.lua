-- What restic does: from a folder into the repository, and back. The shell text of the second step of a backup and the first of a restore.
--
-- Everything comes from the environment: REPOSITORY_* as the Repository has it, and the keys of its Secret as files in SECRET_DIR, where a
-- key is a variable of restic or one of those that Stash names: RESTIC_PASSWORD, AWS_*, AZURE_*, B2_*, OS_*, GOOGLE_PROJECT_ID,
-- GOOGLE_SERVICE_ACCOUNT_JSON_KEY, REST_SERVER_USERNAME, REST_SERVER_PASSWORD, CA_CERT_DATA. restic 0.14 or newer.
local restic = {}

restic.OPEN = [=[
for name in RESTIC_PASSWORD AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AZURE_ACCOUNT_NAME AZURE_ACCOUNT_KEY \
  AZURE_ACCOUNT_SAS B2_ACCOUNT_ID B2_ACCOUNT_KEY GOOGLE_PROJECT_ID OS_AUTH_URL OS_USERNAME OS_PASSWORD OS_REGION_NAME \
  OS_TENANT_ID OS_TENANT_NAME \
  OS_USER_DOMAIN_NAME OS_PROJECT_NAME OS_PROJECT_DOMAIN_NAME OS_STORAGE_URL OS_AUTH_TOKEN ST_AUTH ST_USER ST_KEY; do
  if [ -f "$SECRET_DIR/$name" ]; then export "$name=$(cat "$SECRET_DIR/$name")"; fi
done
if [ -f "$SECRET_DIR/GOOGLE_SERVICE_ACCOUNT_JSON_KEY" ]; then
  export GOOGLE_APPLICATION_CREDENTIALS="$SECRET_DIR/GOOGLE_SERVICE_ACCOUNT_JSON_KEY"
fi
if [ -z "${RESTIC_PASSWORD:-}" ]; then
  echo "error: the Secret of the Repository has no RESTIC_PASSWORD" >&2
  exit 1
fi
encoded() {
  sed -e 's/%/%25/g' -e 's/ /%20/g' -e 's/"/%22/g' -e 's/#/%23/g' -e 's,/,%2F,g' -e 's/:/%3A/g' -e 's/?/%3F/g' -e 's/@/%40/g' \
    -e 's/\[/%5B/g' -e 's/\\/%5C/g' -e 's/\]/%5D/g' "$SECRET_DIR/$1"
}
prefix=${REPOSITORY_PREFIX#/}
prefix=${prefix%/}
case "$REPOSITORY_PROVIDER" in
  local) RESTIC_REPOSITORY=$REPOSITORY_BUCKET ;;
  s3)
    RESTIC_REPOSITORY=s3:${REPOSITORY_ENDPOINT:-s3.amazonaws.com}/$REPOSITORY_BUCKET/$prefix
    if [ -n "$REPOSITORY_REGION" ]; then export AWS_DEFAULT_REGION="$REPOSITORY_REGION"; fi
    ;;
  gcs) RESTIC_REPOSITORY=gs:$REPOSITORY_BUCKET:/$prefix ;;
  azure | swift | b2) RESTIC_REPOSITORY=$REPOSITORY_PROVIDER:$REPOSITORY_BUCKET:/$prefix ;;
  rest)
    RESTIC_REPOSITORY=rest:$REPOSITORY_ENDPOINT
    if [ -f "$SECRET_DIR/REST_SERVER_USERNAME" ]; then
      user=$(encoded REST_SERVER_USERNAME)
      password=$(encoded REST_SERVER_PASSWORD)
      RESTIC_REPOSITORY=rest:${REPOSITORY_ENDPOINT%%://*}://$user:$password@${REPOSITORY_ENDPOINT#*://}
    fi
    ;;
  *)
    echo "error: there is no kind of repository $REPOSITORY_PROVIDER" >&2
    exit 1
    ;;
esac
export RESTIC_REPOSITORY
export RESTIC_PROGRESS_FPS=0.1
repository() {
  command=$1
  shift
  if [ "$ENABLE_CACHE" = true ]; then set -- --cache-dir "$HOME/restic-cache" "$@"; else set -- --no-cache "$@"; fi
  if [ "$REPOSITORY_INSECURE_TLS" = true ]; then set -- --insecure-tls "$@"; fi
  if [ -f "$SECRET_DIR/CA_CERT_DATA" ]; then set -- --cacert "$SECRET_DIR/CA_CERT_DATA" "$@"; fi
  case "$REPOSITORY_PROVIDER:$MAX_CONNECTIONS" in
    *:0) ;;
    gcs:*) set -- --option "gs.connections=$MAX_CONNECTIONS" "$@" ;;
    azure:* | b2:*) set -- --option "$REPOSITORY_PROVIDER.connections=$MAX_CONNECTIONS" "$@" ;;
  esac
  restic "$command" "$@"
}
]=]

restic.BACKUP = [=[
if ! repository cat --no-lock config >/dev/null 2>"$OUTPUT_DIR/open.log"; then
  if ! grep -q "Is there a repository" "$OUTPUT_DIR/open.log"; then
    cat "$OUTPUT_DIR/open.log" >&2
    exit 1
  fi
  repository init >&2
fi
repository unlock >&2
cd "$DATA_DIR"
set -- --json --host "$BACKUP_HOST"
IFS=,
for pattern in $EXCLUDE_PATTERNS; do set -- "$@" --exclude "$pattern"; done
set -- "$@" --
for path in $BACKUP_PATHS; do set -- "$@" "$path"; done
unset IFS
status=0
repository backup "$@" >"$OUTPUT_DIR/backup.lines" || status=$?
grep -v '"message_type":"status"' "$OUTPUT_DIR/backup.lines" >"$OUTPUT_DIR/backup.json" || true
if [ "$status" = 3 ]; then echo "error: some files could not be read: the snapshot is there and lacks them" >&2; fi
if [ "$status" != 0 ]; then exit "$status"; fi
set --
if [ -n "$RETENTION_KEEP_LAST" ]; then set -- "$@" --keep-last "$RETENTION_KEEP_LAST"; fi
if [ -n "$RETENTION_KEEP_HOURLY" ]; then set -- "$@" --keep-hourly "$RETENTION_KEEP_HOURLY"; fi
if [ -n "$RETENTION_KEEP_DAILY" ]; then set -- "$@" --keep-daily "$RETENTION_KEEP_DAILY"; fi
if [ -n "$RETENTION_KEEP_WEEKLY" ]; then set -- "$@" --keep-weekly "$RETENTION_KEEP_WEEKLY"; fi
if [ -n "$RETENTION_KEEP_MONTHLY" ]; then set -- "$@" --keep-monthly "$RETENTION_KEEP_MONTHLY"; fi
if [ -n "$RETENTION_KEEP_YEARLY" ]; then set -- "$@" --keep-yearly "$RETENTION_KEEP_YEARLY"; fi
IFS=,
for tag in $RETENTION_KEEP_TAGS; do set -- "$@" --keep-tag "$tag"; done
unset IFS
if [ $# -gt 0 ]; then
  if [ "$RETENTION_DRY_RUN" = true ]; then set -- "$@" --dry-run; fi
  repository forget --json --host "$BACKUP_HOST" "$@" >"$OUTPUT_DIR/forget.json"
  if [ "$RETENTION_PRUNE:$RETENTION_DRY_RUN" = true:false ]; then repository prune >&2; fi
fi
if [ "$CHECK" = true ]; then
  if ! repository check >&2; then
    echo '{"integrity": false}' >"$OUTPUT_DIR/check.json"
    echo "error: restic check found errors in the repository" >&2
    exit 1
  fi
  echo '{"integrity": true}' >"$OUTPUT_DIR/check.json"
fi
repository stats --json --mode raw-data >"$OUTPUT_DIR/stats.json"
repository snapshots --json >"$OUTPUT_DIR/snapshots.json"
]=]

restic.RESTORE = [=[
repository unlock >&2
cd "$DATA_DIR"
set -- --json --host "$BACKUP_HOST" --
IFS=,
for snapshot in $RESTORE_SNAPSHOTS; do set -- "$@" "$snapshot"; done
repository snapshots "$@" >"$OUTPUT_DIR/snapshots.json"
set -- --target "$RESTORE_TARGET" --host "$BACKUP_HOST"
for path in $RESTORE_PATHS $INCLUDE_PATTERNS; do set -- "$@" --include "$path"; done
for pattern in $EXCLUDE_PATTERNS; do set -- "$@" --exclude "$pattern"; done
for snapshot in $RESTORE_SNAPSHOTS; do repository restore "$@" "$snapshot" >&2; done
unset IFS
mv -f "$OUTPUT_DIR/snapshots.json" "$OUTPUT_DIR/restore.json"
]=]

return restic
