-- `moonstep notify-email` against a real SMTP server (server.py), whose letters are read as they arrived, and `notify-http` against a
-- server that answers as scripts say (tests/kube/scripted.c): command_test.lua FOLDER SERVER.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER, SERVER = ...
local quote = shell.quote

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 2) end end
local function lacks(text, part) if text:find(part, 1, true) then error(("%q is in:\n%s"):format(part, text), 2) end end

local SUMMARY = '{"message_type":"summary","files_new":3,"files_changed":1,"files_unmodified":7,"data_added":2048,'
  .. '"total_files_processed":11,"total_bytes_processed":1572864,"total_duration":1.25,"snapshot_id":"abcdef0123456789"}\n'
local DONE = { ["backup.json"] = SUMMARY, ["check.json"] = '{"integrity": true}', ["stats.json"] = '{"total_size":4096}',
  ["snapshots.json"] = '[{"id":"abcdef0123456789"},{"id":"x"}]', ["dump.json"] = '{"step":"dump","seconds":3}' }
local FAILED = { ["status.json"] =
  '{"step": "dump", "status": 1, "error": "pg_dump: der Server verweigert: zurück\\r\\nBcc: x@y.example"}' }

local count = 0
local function folder_with(all)
  count = count + 1
  local folder = ("%s/out-%d"):format(FOLDER, count)
  os.execute("mkdir -p " .. folder)
  for name, text in pairs(all) do shell.write(folder .. "/" .. name, text) end
  return folder
end

local servers = dofile "tests/notify/servers.lua"
local smtp = servers.mail(FOLDER)
local secure_web = servers.web(FOLDER)
local web = shell.start(("%s %s"):format(SERVER, FOLDER), FOLDER .. "/port")
local web_port = shell.read(FOLDER .. "/port"):match "%d+"

local ABOUT = "env -u KUBERNETES_SERVICE_HOST NAMESPACE=shop BACKUP_SESSION=orders-1 TARGET_KIND=AppBinding TARGET_NAME=orders "
  .. "REPOSITORY_NAME=store SOURCE_DATE_EPOCH=1801362600 "

-- --- mails

local LOGIN = "SMTP_USER=mailer SMTP_PASSWORD=good-password"

-- Runs it; `with.env` and `with.options` are put in. Returns the letters that arrived, as text, what it said, and its exit status.
local function mail(folder, with)
  local line = ("%s %s %s notify-email --output-dir %s --smtp localhost:%d --ca-file %s/cert.pem --from moonstep@corp.example --to %s "
    .. "--retry-delay 10ms %s"):format(ABOUT, with.env or LOGIN, quote(shell.moonstep), folder, with.port or smtp.starttls, FOLDER,
    with.to or "ops@corp.example", with.options or "")
  local out, err, status = shell.run(line)
  suite.equal(out, "")
  return smtp.letters(), err, status
end

local tests = {}
local function test(name, f) tests[#tests + 1] = { name, f } end

local SUCCESS = [[
Date: Sun, 31 Jan 2027 02:30:00 +0000
From: moonstep@corp.example
To: ops@corp.example,
 dba@corp.example
Subject: done: backup of AppBinding shop/orders
Message-ID: ID
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Status:     Succeeded
Target:     AppBinding shop/orders
Session:    BackupSession shop/orders-1
Repository: store
Duration:   4.25s
Snapshot:   abcdef01
Size:       1.500 MiB, 2.000 KiB of it new
Files:      11, 3 of them new, 1 changed
In store:   2 snapshots, 4.000 KiB
Integrity:  restic check found nothing wrong
Time:       2027-01-31T02:30:00Z
]]

test("a success arrives", function()
  local letters, err, status = mail(folder_with(DONE), { to = "ops@corp.example,dba@corp.example" })
  suite.equal(status, 0, err)
  suite.equal(err, "moonstep: a mail is sent to ops@corp.example, dba@corp.example: done: backup of AppBinding shop/orders\n")
  suite.equal(#letters, 1)
  contains(letters[1], "envelope: moonstep@corp.example ops@corp.example,dba@corp.example mailer tls=True\n")
  local arrived = letters[1]:match "\n(.*)$":gsub("\r\n", "\n"):gsub("<%x+@corp%.example>", "ID")
  suite.equal(arrived, SUCCESS)
end)

test("a failed step arrives as one, and its words stay in their line", function()
  local letters, _, status = mail(folder_with(FAILED), {})
  suite.equal(status, 0)
  contains(letters[1], "\r\nSubject: FAILED: backup of AppBinding shop/orders\r\n")
  contains(letters[1]:gsub("=\r\n", ""), "Error:      step dump: pg_dump: der Server verweigert: zur=C3=BCck\\x0d\\x0aBcc: x@y.example\r\n")
  contains(letters[1], "\r\nStep:       dump\r\n")
  lacks(letters[1], "\nBcc")
  lacks(letters[1], "Snapshot")
end)

test("what to do about a failure, where that is known", function()
  local folder = folder_with { ["status.json"] = '{"step": "backup", "status": 1, "error": "no space left on device"}' }
  local letter = mail(folder, { env = LOGIN })[1]:gsub("=\r\n", "")
  contains(letter, "Error:      step backup: the repository is full: no space left on device\r\nWhat to do: make it larger, or")
end)

test("a Job that was killed is told as failed, whatever its steps left", function()
  local env = LOGIN .. " MOONSTEP_OUTCOME=Failed MOONSTEP_STEP=restic-1 MOONSTEP_ERROR='step restic-1 was killed' MOONSTEP_ATTEMPT=2 "
    .. "MOONSTEP_RETRIES_LEFT=0"
  local letters = mail(folder_with(DONE), { env = env })
  contains(letters[1], "Error:      step restic-1 was killed\r\n")
  contains(letters[1], "Attempt:    2, 0 left\r\n")
  contains(letters[1], "Status:     Failed\r\n")
  letters = mail(folder_with(FAILED), { env = env })
  contains(letters[1], "Error:      step dump: pg_dump:")
end)

-- On a cluster a hook sees nothing of what steps left.
test("a hook that knows the end alone", function()
  local env = LOGIN .. " MOONSTEP_OUTCOME=Succeeded MOONSTEP_SECONDS=75 MOONSTEP_ATTEMPT=1 MOONSTEP_RETRIES_LEFT=0"
  local letters = mail(folder_with {}, { env = env })
  contains(letters[1], "\r\nSubject: done: backup of AppBinding shop/orders\r\n")
  contains(letters[1], "Status:     Succeeded\r\n")
  contains(letters[1], "Duration:   1m15s\r\n")
  letters = mail(FOLDER .. "/not-there", { env = env })
  contains(letters[1], "Status:     Succeeded\r\n")
  letters = mail(folder_with {}, { env = LOGIN .. " MOONSTEP_OUTCOME=Failed MOONSTEP_STEP=dump-0 MOONSTEP_ERROR='step dump-0 was killed'" })
  contains(letters[1], "Error:      step dump-0 was killed\r\n")
  contains(letters[1], "Step:       dump-0\r\n")
  letters = mail(folder_with { ["dump.json"] = DONE["dump.json"] }, { env = env }) -- steps left something, and no backup
  contains(letters[1], "Status:     Failed\r\n")
end)

test("what is told", function()
  for _, row in ipairs { { DONE, "success", 1 }, { DONE, "failure", 0 }, { FAILED, "success", 0 }, { FAILED, "failure", 1 } } do
    local letters, _, status = mail(folder_with(row[1]), { options = "--when " .. row[2] })
    suite.equal(#letters, row[3])
    suite.equal(status, 0)
  end
end)

test("a login by files", function()
  shell.write(FOLDER .. "/user", "mailer\n")
  shell.write(FOLDER .. "/password", "good-password\n")
  local letters = mail(folder_with(DONE), { env = "SMTP_USER=", options = ("--user-file %s/user --password-file %s/password"):format(FOLDER,
    FOLDER) })
  contains(letters[1], " mailer tls=True\n")
end)

test("a server without TLS gets no password", function()
  local letters = mail(folder_with(DONE), { env = "SMTP_USER=", port = smtp.plain, options = "--tls none" })
  contains(letters[1], " nobody tls=False\n")
  local none, err, status = mail(folder_with(DONE), { port = smtp.plain, options = "--tls none" })
  suite.equal(#none, 0)
  suite.equal(status, 2)
  contains(err, "a password is not sent without TLS")
  none, err, status = mail(folder_with(DONE), { port = smtp.plain })
  suite.equal(#none, 0)
  suite.equal(status, 2)
  contains(err, "it offers no STARTTLS")
end)

test("TLS from the start", function()
  local letters, err, status = mail(folder_with(DONE), { port = smtp.tls, options = "--tls tls" })
  suite.equal(status, 0, err)
  contains(letters[1], " mailer tls=True\n")
  letters, err, status = mail(folder_with(DONE), { port = smtp.tls, env = LOGIN .. " SMTP_TLS=tls" })
  suite.equal({ #letters, status }, { 1, 0 }, err)
  letters, err, status = mail(folder_with(DONE), { port = smtp.tls, options = "--tls tls --ca-file tests/notify/other.pem" })
  suite.equal({ #letters, status }, { 0, 2 })
  contains(err, "no TLS connection that can be trusted")
  letters, err, status = mail(folder_with(DONE), { port = smtp.tls, options = "--tls tls", env = "SMTP_USER=mailer SMTP_PASSWORD=wrong" })
  suite.equal({ #letters, status }, { 0, 2 })
  contains(err, "it does not take the login")
  letters, err, status = mail(folder_with(DONE), { port = smtp.plain, options = "--tls tls --tries 1" })
  suite.equal({ #letters, status }, { 0, 2 }, err)
end)

-- { what it is, more, words of the message }
local REFUSED = {
  { "a wrong password", { env = "SMTP_USER=mailer SMTP_PASSWORD=wrong-password" }, "it does not take the login: it answered 535 5.7.8" },
  { "no such user", { to = "nobody@corp.example" }, "it answered 550 5.1.1 there is no such user\n" },
  { "one of two is no user", { to = "ops@corp.example,nobody@corp.example" }, "it answered 550 5.1.1 there is no such user\n" },
  { "later for too long", { to = "later-9@corp.example", options = "--tries 3" }, "451 4.7.1 come back later (tried 3 times)\n" },
  { "nobody there", { port = 1, options = "--tries 2" }, "no connection: " },
  { "a certificate that nobody vouches for", { options = "--ca-file tests/notify/other.pem" }, "no TLS connection that can be trusted" },
}

for _, row in ipairs(REFUSED) do
  test(row[1], function()
    local letters, err, status = mail(folder_with(DONE), row[2])
    suite.equal(status, 2)
    suite.equal(#letters, 0)
    contains(err, "error[not-notified]: the mail could not be handed to localhost:")
    contains(err, row[3])
    lacks(err, "-password\n")
    lacks(err, "wrong-password")
  end)
end

test("what is refused for now is tried again", function()
  local letters, err, status = mail(folder_with(DONE), { to = "later-2@corp.example" })
  suite.equal(status, 0, err)
  suite.equal(#letters, 1)
end)

test("a failure to tell may be mild", function()
  local _, err, status = mail(folder_with(DONE), { to = "nobody@corp.example", options = "--on-failure report" })
  suite.equal(status, 0)
  contains(err, "warning[not-notified]")
end)

test("wrong usage", function()
  for _, options in ipairs { "--to x", "--to 'a@b.example>\r\nBcc: c@d.example'", "--smtp a:b", "--smtp a:70000", "--tries 0",
    "--timeout x", "operand", "--user-file /nowhere", "--ca-file /nowhere" } do
    local letters, _, status = mail(folder_with(DONE), { options = options })
    suite.equal(status, 2, options)
    suite.equal(#letters, 0, options)
  end
  local _, err, status = shell.run(quote(shell.moonstep) .. " notify-email --output-dir /tmp")
  suite.equal(status, 2)
  contains(err, "--smtp HOST, or SMTP_SERVER, is needed")
end)

-- --- HTTP

-- Runs it against a server that answers by the script. Returns what was asked, what it said, and its exit status.
local function tell(folder, script, env, options)
  local name = folder:match "[^/]*$"
  shell.write(("%s/%s.script"):format(FOLDER, name), script)
  local _, err, status = shell.run(("%s %s NOTIFY_URL=http://127.0.0.1:%s/%s/hook-secret?key=secret-key %s notify-http --output-dir %s "
    .. "--retry-delay 10ms %s"):format(ABOUT, env or "", web_port, name, quote(shell.moonstep), folder, options or ""))
  local log = ("%s/%s.log"):format(FOLDER, name)
  return shell.exists(log) and shell.read(log) or "", err, status
end

test("a webhook is told", function()
  local log, err, status = tell(folder_with(DONE), "> POST /hook-secret\n503\n| busy\n> POST /hook-secret key=secret-key\n204\n")
  suite.equal(status, 0, err)
  suite.equal(err, "moonstep: told: done: backup of AppBinding shop/orders\n")
  suite.equal(select(2, log:gsub("POST /hook%-secret", "")), 2)
  for _, part in ipairs { '"status":"Succeeded"', '"session":"BackupSession shop/orders-1"', '"target":"AppBinding shop/orders"',
    '"seconds":4.25', '"name":"abcdef01"', '"time":"2027-01-31T02:30:00Z"' } do contains(log, part) end
  log = tell(folder_with(FAILED), "> POST /hook-secret\n200\n| ok\n")
  contains(log, '"status":"Failed"')
  contains(log, '"step":"dump"')
  contains(log, '"error":"step dump: pg_dump: der Server verweigert: zurück\\\\x0d\\\\x0aBcc: x@y.example"')
end)

test("a webhook that does not want it", function()
  local log, err, status = tell(folder_with(DONE), "> POST /hook-secret\n403\n| hook-secret and secret-key are unknown\n")
  suite.equal(status, 2)
  suite.equal(select(2, log:gsub("POST /hook%-secret", "")), 1)
  contains(err, ("error[not-notified]: it could not be told: http://127.0.0.1:%s: it answered 403 Forbidden"):format(web_port))
  lacks(err, "?key=")
  log, err, status = tell(folder_with(DONE), ">> POST /hook-secret\n502\n", "", "--tries 2")
  suite.equal(status, 2)
  suite.equal(select(2, log:gsub("POST /hook%-secret", "")), 2)
  contains(err, "(tried 2 times)")
end)

test("a token goes over TLS alone", function()
  local log, err, status = tell(folder_with(DONE), ">> POST /hook-secret\n200\n", "NOTIFY_TOKEN=secret-token")
  suite.equal(status, 2)
  suite.equal(log, "")
  contains(err, "a token is not sent without TLS")
  lacks(err, "secret-token")
end)

-- A webhook that has a certificate of an authority of its own.
local function tell_over_tls(options, env)
  local _, err, status = shell.run(("%s NOTIFY_URL=https://localhost:%d/hook-secret NOTIFY_TOKEN=secret-token %s %s notify-http "
    .. "--output-dir %s --retry-delay 10ms --tries 2 %s"):format(ABOUT, secure_web.port, env or "", quote(shell.moonstep),
    folder_with(DONE), options or ""))
  return secure_web.posted(), err, status
end

test("a webhook over TLS", function()
  for _, how in ipairs { { ("--ca-file %s/cert.pem"):format(FOLDER) }, { "", ('NOTIFY_CA="$(cat %s/cert.pem)"'):format(FOLDER) } } do
    local posted, err, status = tell_over_tls(how[1], how[2])
    suite.equal(status, 0, err)
    contains(posted, "/hook-secret\n")
    contains(posted:lower(), "authorization: bearer secret-token")
    contains(posted, '"status":"Succeeded"')
  end
  for _, options in ipairs { "", "--ca-file tests/notify/other.pem" } do
    local posted, err, status = tell_over_tls(options)
    suite.equal({ posted, status }, { "", 2 })
    contains(err, ("error[not-notified]: it could not be told: https://localhost:%d: "):format(secure_web.port))
    lacks(err, "secret-token")
  end
end)

test("a body of one's own", function()
  local log = tell(folder_with(DONE), "> PUT /hook-secret\n200\n", "", "--method PUT --body 'it is over'")
  contains(log, "it is over")
end)

local passed = suite.run("notify: commands", tests)
smtp.close()
secure_web.close()
web:close()
return passed
