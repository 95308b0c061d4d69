-- `moonstep update-status` as the last step of a Task runs it: folders that steps left, an API server (tests/kube/scripted.c), and
-- prometheus-pushgateway itself: command_test.lua FOLDER SERVER.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER, SERVER = ...
local quote = shell.quote

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 2) end end

-- --- folders

local SUMMARY = '{"message_type":"status","percent_done":1}\n{"message_type":"summary","files_new":3,"files_changed":1,'
  .. '"files_unmodified":7,"data_added":2048,"total_files_processed":11,"total_bytes_processed":1572864,'
  .. '"total_duration":1.25,"snapshot_id":"abcdef0123456789"}\n'
local BACKUP = { ["backup.json"] = SUMMARY, ["snapshots.json"] = '[{"id":"abcdef0123456789ff","paths":["/data"]},{"id":"x"}]',
  ["check.json"] = '{"integrity": true}', ["stats.json"] = '{"total_size":123456}',
    ["forget.json"] = '[{"remove":[{},{}]},{"remove":null}]',
  ["dump.json"] = '{"step":"dump","seconds":3}' }
local FAILURE = '{"step": "dump", "status": 1, "error": "pg_dump: error: connection refused"}'

-- What the step of restic says of itself.
local function refused(why) return { ["status.json"] = ('{"step": "backup", "status": 1, "error": "%s"}'):format(why) } end

-- What Stash's own images leave, and those of an older version.
local OUTPUT = [[{"targetStatus": {"ref": {"kind": "AppBinding", "name": "db"}, "stats": [{"hostname": "host-0", "phase": "Succeeded",
  "duration": "2.5s", "snapshots": [{"name": "9f3c", "path": "dumpfile.sql", "totalSize": "1.500 MiB", "uploaded": "512 B",
  "processingTime": "1:05", "fileStats": {"totalFiles": 1, "newFiles": 1, "modifiedFiles": 0, "unmodifiedFiles": 0}}]}]}}]]
local OLD_OUTPUT = [[{"hostBackupStats": [{"hostname": "host-0", "phase": "Succeeded", "snapshots": [{"name": "9f3c", "size": "1 B"}]}],
  "repository": {"integrity": true, "size": "2.000 KiB", "snapshotCount": 4, "snapshotsRemovedOnLastCleanup": 1}}]]
local OUTPUT_FAILURE = '{"targetStatus": {"stats": [{"hostname": "host-0", "phase": "Failed", "error": "pg_dumpall: error: no"}]}}'

local count = 0

-- A folder with the files of a backup, and others; false takes one away.
local function folder_with(more)
  count = count + 1
  local folder = ("%s/out-%d"):format(FOLDER, count)
  os.execute("mkdir -p " .. folder)
  local all = {}
  for name, text in pairs(BACKUP) do all[name] = text end
  for name, text in pairs(more or {}) do all[name] = text end
  for name, text in pairs(all) do
    if text then shell.write(folder .. "/" .. name, (text:gsub("FOLDER", FOLDER))) end
  end
  return folder
end

local OPTIONS = "--namespace=shop --repository=repo --invoker-kind=BackupConfiguration --invoker-name=bc --target-kind=AppBinding "
  .. "--target-namespace=shop --target-name=db --hostname=host-0 --prom-job-name=bc --metrics-enabled=true "

local function run(folder, more)
  return shell.run(("env -u KUBERNETES_SERVICE_HOST %s update-status --output-dir=%s %s %s"):format(quote(shell.moonstep), folder,
    OPTIONS, more or ""))
end

local tests = {}
local function test(name, f) tests[#tests + 1] = { name, f } end

test("why it failed goes where the kubelet looks for it", function()
  local path = FOLDER .. "/termination-log"
  local option = "--termination-log=" .. path
  run(folder_with { ["status.json"] = FAILURE }, option)
  suite.equal(shell.exists(path), false)
  shell.write(path, "what was there before, and is longer than what comes, by some words")
  run(folder_with(), option)
  suite.equal(shell.read(path):sub(1, 8), "what was")
  run(folder_with { ["status.json"] = FAILURE }, option)
  suite.equal(shell.read(path), "step dump: pg_dump: error: connection refused")
end)

test("no folder", function()
  local out, err, status = run(FOLDER .. "/nowhere")
  suite.equal(status, 1, out .. err)
  suite.equal(err:find("there is no folder " .. FOLDER .. "/nowhere: the step that reports must mount", 1, true) ~= nil, true, err)
end)

-- { what it is, files, more options, exit status, what is printed, what the status file holds }
local LOCAL = {
  { "a backup", {}, "", 0, "moonstep: the backup is done: snapshot abcdef01, 1.500 MiB, 2.000 KiB of it new\n", '"phase":"Succeeded"' },
  { "a step that failed", { ["status.json"] = FAILURE }, "", 1,
    "moonstep: error[backup-failed]: the backup failed: step dump: pg_dump: error: connection refused\n", '"phase":"Failed"' },
  { "a repository that is full", refused "write /repository/locks/ab-tmp-1: no space left on device", "", 1,
    "step backup: the repository is full: write /repository/locks/ab-tmp-1: no space left on device\n      make it larger, or",
    '"advice":"make it larger, or' },
  { "a bucket that is full", refused "client.PutObject: Bucket quota exceeded", "", 1, "step backup: the repository is full: client.Put",
    "" },
  { "scratch space that is full", refused "open FOLDER/out/x: no space left on device", "", 1, "step backup: no space is left: open ",
    "interimVolumeTemplate" },
  { "a volume that is full", { ["status.json"] = '{"step": "load", "error": "No space left on device"}' }, "", 1,
    "step load: no space is left: No space", "" },
  { "a repository that is locked", refused "unable to create lock in backend: repository is already locked exclusively by PID 7", "", 1,
    "step backup: the repository is locked: unable to create lock", "restic unlock" },
  { "another password of a repository", refused "Fatal: wrong password or no key found", "", 1,
    "step backup: the repository does not open: Fatal: wrong", "RESTIC_PASSWORD" },
  { "a database that is locked", { ["status.json"] = '{"step": "dump", "error": "table already locked"}' }, "", 1,
    "step dump: table already locked\n", '"phase":"Failed"' },
  { "no summary", { ["backup.json"] = '{"message_type":"status"}\n' }, "", 1, "backup.json has no summary of a snapshot",
    '"phase":"Failed"' },
  { "no backup", { ["backup.json"] = false }, "", 1, "no step left backup.json, so nothing was backed up", '"phase":"Failed"' },
  { "half a file", { ["stats.json"] = '{"total_size":' }, "", 1, "stats.json holds no JSON", '"phase":"Failed"' },
  { "half a failure", { ["status.json"] = '{"step":' }, "", 1, "status.json holds no JSON", '"phase":"Failed"' },
  { "a failure that says nothing", { ["status.json"] = '{"phase":"Failed","step":1,"status":{}}' }, "", 1,
    "step without a name: status.json does not say why it failed", '"phase":"Failed"' },
  { "an empty failure", { ["status.json"] = "" }, "", 1, "status.json holds no JSON", '"phase":"Failed"' },
  { "a repository that is damaged", { ["check.json"] = '{"integrity": false}' }, "", 1, "the repository is damaged", '"integrity":false' },
  { "a failure behind which the repository is damaged", { ["check.json"] = '{"integrity": false}', ["status.json"] = FAILURE }, "", 1,
    "connection refused", '"repository":{"integrity":false}' },
  { "no check", { ["check.json"] = false }, "", 0, "the backup is done", '"phase":"Succeeded"' },
  { "a restore", { ["restore.json"] = '[{"id":"abc"}]' }, "--restoresession=r", 0, "moonstep: the restore is done\n",
    '"phase":"Succeeded"' },
  { "a restore of nothing", { ["restore.json"] = "[]" }, "--restoresession=r", 1, "names no snapshot", '"phase":"Failed"' },
  { "a restore that left nothing", {}, "--restoresession=r", 1, "restore.json cannot be read", '"phase":"Failed"' },
  { "control characters", { ["status.json"] = '{"step": "dump", "error": "\\u001b[2Jx"}' }, "", 1, "step dump: \\x1b[2Jx", "Failed" },
  { "a backup by an image of Stash", { ["output.json"] = OUTPUT, ["backup.json"] = false }, "", 0,
    "the backup is done: snapshot 9f3c, 1.500 MiB, 512 B of it new\n", '"phase":"Succeeded"' },
  { "one of an older version", { ["output.json"] = OLD_OUTPUT, ["backup.json"] = false }, "", 0, "the backup is done: snapshot 9f3c, 1 B",
    '"integrity":true' },
  { "a failure of an image of Stash", { ["output.json"] = OUTPUT_FAILURE, ["backup.json"] = false }, "", 1,
    "the backup failed: host-0: pg_dumpall: error: no\n", '"phase":"Failed"' },
  { "an image of Stash that says nothing", { ["output.json"] = '{"targetStatus": {}}', ["backup.json"] = false }, "", 1,
    "output.json tells of no host, so nothing was done\n", '"phase":"Failed"' },
  { "an image of Stash that does not say how it ended", { ["output.json"] = '{"targetStatus": {"stats": [{"hostname": "a"}]}}' }, "", 1,
    "a: its phase is not said\n", '"phase":"Failed"' },
  { "an image of Stash, and an own step that failed", { ["output.json"] = OUTPUT, ["status.json"] = FAILURE }, "", 1,
    "the backup failed: step dump: ", '"phase":"Failed"' },
  { "an image of Stash, and an own step that left nothing", { ["output.json"] = OUTPUT, ["backup.json"] = "" }, "", 1,
    "backup.json has no summary", '"phase":"Failed"' },
  { "a restore by an image of Stash", { ["output.json"] = '{"targetStatus": {"stats": [{"hostname": "host-0", "phase": "Succeeded"}]}}' },
    "--restoresession=r", 0, "moonstep: the restore is done\n", '"phase":"Succeeded"' },
  { "no Pushgateway", {}, "--metrics-pushgateway-url=http://127.0.0.1:1", 0, "warning[metrics]: metrics could not be pushed: ",
    "127.0.0.1" },
}

for _, row in ipairs(LOCAL) do
  test(row[1], function()
    local folder = folder_with(row[2])
    local out, err, status = run(folder, row[3])
    contains(err, row[5])
    suite.equal(out, "")
    suite.equal(status, row[4])
    contains(shell.read(folder .. "/reported.json"), row[6])
  end)
end

test("a restore that nobody called one", function()
  local folder = folder_with { ["restore.json"] = '[{"id":"abc"}]', ["backup.json"] = false }
  local _, err, status = shell.run(("%s update-status --output-dir=%s --invoker-kind="):format(quote(shell.moonstep), folder))
  contains(err, "the restore is done")
  suite.equal(status, 0)
end)

test("wrong usage", function()
  for _, more in ipairs { "--backupsession=a --restoresession=b", "operand" } do suite.equal(select(3, run(folder_with(), more)), 2) end
  suite.equal(select(3, shell.run(quote(shell.moonstep) .. " update-status")), 2)
end)

test("a status file that cannot be written", function()
  local _, err, status = run(folder_with(), "--status-file=/nowhere/status.json")
  contains(err, "error[unwritable]")
  suite.equal(status, 2)
end)

-- --- the cluster

local function start(line, ready)
  local pipe = assert(io.popen(line, "w"))
  for _ = 1, 200 do
    if ready() then return pipe end
    os.execute "sleep 0.05"
  end
  error("this does not start: " .. line)
end

local function has_port() return shell.exists(FOLDER .. "/port") and shell.read(FOLDER .. "/port") ~= "" end
local server = start(("%s %s"):format(SERVER, FOLDER), has_port)
local port = shell.read(FOLDER .. "/port"):match "%d+"

local KINDS = [[
>> GET /apis/stash.appscode.com/v1beta1
200
| {"kind":"APIResourceList","resources":[{"name":"backupsessions","kind":"BackupSession","namespaced":true},{"name":"restoresessions",
| "kind":"RestoreSession","namespaced":true},{"name":"backupbatches","kind":"BackupBatch","namespaced":true}]}
>> GET /apis/stash.appscode.com/v1alpha1
200
| {"kind":"APIResourceList","resources":[{"name":"repositories","kind":"Repository","namespaced":true}]}
>> GET /apis/stash.appscode.com/v1alpha1/namespaces/shop/repositories/repo
200
| {"apiVersion":"stash.appscode.com/v1alpha1","kind":"Repository","metadata":{"name":"repo","namespace":"shop","resourceVersion":"7"},
| "spec":{"backend":{"s3":{"bucket":"backups","prefix":"db"}}}}
]]
local SESSION = '| {"apiVersion":"stash.appscode.com/v1beta1","kind":"%s","metadata":{"name":"s","namespace":"shop","resourceVersion":"%d",'
  .. '"creationTimestamp":"2023-11-14T22:13:20Z"},"status":%s}\n'
local function path_of(plural) return ("/apis/stash.appscode.com/v1beta1/namespaces/shop/%s/s"):format(plural) end
local REPOSITORY = "> PATCH /apis/stash.appscode.com/v1alpha1/namespaces/shop/repositories/repo/status\n200\n| {}\n"

-- Runs it against a server that answers by the script. Returns what it printed, its exit status, and what was asked.
local function told(folder, script, more)
  local name = folder:match "[^/]*$"
  shell.write(("%s/%s.script"):format(FOLDER, name), KINDS .. script)
  shell.write(folder .. "/config", ([[
clusters: [{name: k, cluster: {server: "http://127.0.0.1:%s/%s"}}]
users: [{name: u, user: {token: good-token}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
]]):format(port, name))
  local _, err, status = run(folder, ("--context=c --kubeconfig=%s/config %s"):format(folder, more))
  return err, status, shell.read(("%s/%s.log"):format(FOLDER, name))
end

test("a session and its Repository", function()
  local at = path_of "backupsessions"
  local err, status, log = told(folder_with(), ('> GET %s\n200\n%s> PATCH %s/status\n409\n| {"kind":"Status","code":409}\n'
    .. "> GET %s\n200\n%s> PATCH %s/status\n200\n%s"):format(at, SESSION:format("BackupSession", 1, "{}"), at, at,
    SESSION:format("BackupSession", 2, '{"phase":"Running"}'), at, SESSION:format("BackupSession", 3, '{"phase":"Succeeded"}'))
      .. REPOSITORY,
    "--backupsession=s")
  suite.equal(status, 0, err)
  contains(log, '"resourceVersion":"2"')
  contains(log, '"phase":"Succeeded"')
  contains(log, '"snapshots":[{"name":"abcdef01"')
  contains(log, '"integrity":true')
  contains(log, '"lastBackupTime":"2023-11-14T22:13:20Z"')
  contains(log, '"snapshotsRemovedOnLastCleanup":2')
end)

test("a failure is told as one", function()
  local at = path_of "restoresessions"
  local err, status, log = told(folder_with { ["status.json"] = FAILURE }, ("> GET %s\n200\n%s> PATCH %s/status\n200\n%s"):format(at,
    SESSION:format("RestoreSession", 1, "{}"), at, SESSION:format("RestoreSession", 2, '{"phase":"Failed"}')),
    "--restoresession=s --invoker-kind=RestoreSession")
  suite.equal(status, 1)
  contains(err, "the restore failed: step dump: pg_dump: error: connection refused")
  contains(log, '"phase":"Failed"')
  contains(log, '"error":"step dump: pg_dump: error: connection refused"')
  suite.equal(log:find("repositories/repo/status", 1, true), nil)
end)

test("what an image of Stash says of its hosts", function()
  local at = path_of "backupsessions"
  local two = OUTPUT:gsub('%]}}$', ', {"hostname": "host-1", "phase": "Succeeded", "duration": "1s"}]}}')
  local script = "> GET %s\n200\n%s> PATCH %s/status\n200\n%s"
  local err, status, log = told(folder_with { ["output.json"] = two, ["backup.json"] = false }, script:format(at,
    SESSION:format("BackupSession", 1, "{}"), at, SESSION:format("BackupSession", 2, '{"phase":"Succeeded"}')), "--backupsession=s")
  suite.equal(status, 0, err)
  contains(log, '"duration":"2.5s"')
  contains(log, '"hostname":"host-1"')
  contains(log, '"snapshots":[{"name":"9f3c",')
  contains(log, '"path":"dumpfile.sql"')
end)

test("what may not be told", function()
  local at = path_of "backupsessions"
  local err, status = told(folder_with(), ('> GET %s\n403\n| {"kind":"Status","code":403,"message":"backupsessions is forbidden"}\n')
    :format(at), "--backupsession=s")
  suite.equal(status, 2)
  contains(err, "forbidden")
  err, status = told(folder_with(), ("> GET %s\n404\n| {\"kind\":\"Status\",\"code\":404}\n"):format(at), "--backupsession=s")
  suite.equal(status, 2)
  contains(err, "there is no BackupSession shop/s")
end)

-- --- the Pushgateway

local function get_metrics(at)
  return (shell.run(("bash -c 'exec 3<>/dev/tcp/127.0.0.1/%s; printf \"GET /metrics HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'"):format(at)))
end

local function start_gateway()
  for try = 1, 20 do
    local at = 20000 + (tonumber(port) + 97 * try) % 20000
    local log = ("%s/gateway-%d.log"):format(FOLDER, try)
    local line = ("prometheus-pushgateway --web.listen-address=127.0.0.1:%d >%s 2>&1 & trap 'kill $!' EXIT; cat >/dev/null"):format(at, log)
    local ok, pipe = pcall(start, line, function() return get_metrics(at):find("pushgateway_build_info", 1, true) end)
    if ok then return pipe, at end
  end
  error "no Pushgateway starts"
end

test("metrics", function()
  local gateway, at = start_gateway()
  local ok, why = pcall(function()
    local url = ("--metrics-pushgateway-url=http://127.0.0.1:%d/"):format(at)
    suite.equal(select(3, run(folder_with(), url .. " --provider=s3 --bucket=backups --path=db")), 0)
    local text = get_metrics(at)
    contains(text, 'stash_backup_host_backup_success{driver="Restic",group="appcatalog.appscode.com",hostname="host-0",instance="",'
      .. 'invoker_kind="BackupConfiguration",invoker_name="bc",job="backupconfiguration-shop-bc",kind="AppBinding",name="db",'
      .. 'namespace="shop",repository="repo"} 1\n')
    contains(text, 'stash_appscode_com_repository_size_bytes{backend="s3",bucket="backups",driver="Restic",')
    contains(text, 'prefix="db",repository="repo"} 123456\n')
    suite.equal(select(3, run(folder_with { ["output.json"] = OUTPUT, ["backup.json"] = false }, url)), 0)
    text = get_metrics(at)
    contains(text:match "\nstash_backup_host_data_size_bytes{[^\n]*", "} 1.572864e+06")
    contains(text:match "\nstash_backup_host_data_processing_time_seconds{[^\n]*", "} 65")
    contains(text:match "\nstash_backup_host_backup_duration_seconds{[^\n]*", "} 2.5")
    suite.equal(select(3, run(folder_with { ["status.json"] = FAILURE }, url)), 1)
    text = get_metrics(at)
    contains(text:match "\nstash_backup_host_backup_success{[^\n]*", "} 0")
    contains(text, "stash_repository_integrity{") -- those of other names stay
  end)
  gateway:close()
  if not ok then error(why, 0) end
end)

local passed = suite.run("status: command", tests)
server:close()
return passed
