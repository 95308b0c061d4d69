-- examples/email, run by `moonstep run --local` on a podman that does what behave says: its mails arrive at a real SMTP server, after a
-- success, a step that failed, and one that was killed: example_test.lua FOLDER.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER = ...
local quote = shell.quote
local server = dofile "tests/notify/servers.lua".mail(FOLDER)
local function absolute(path) return io.popen("realpath " .. quote(path)):read "l" end

local function secret(name, keys)
  local lines = { "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " .. name .. ", namespace: shop}\nstringData:\n" }
  for key, text in pairs(keys) do lines[#lines + 1] = ("  %s: |-\n    %s\n"):format(key, text:gsub("\n", "\n    ")) end
  return table.concat(lines)
end

shell.write(FOLDER .. "/secrets.yaml", secret("restic", { RESTIC_PASSWORD = "swordfish-1" })
  .. secret("sessions-auth", { password = "redis-1" })
  .. secret("smtp", { username = "mailer", password = "good-password", ["ca.crt"] = shell.read(FOLDER .. "/cert.pem"):gsub("%s+$", "") }))

-- Runs the example. Returns the letters that arrived, what was printed, and the exit status.
local function run(what)
  local line = ("env -u KUBERNETES_SERVICE_HOST WHAT=%s TOOL=%s CASE=%s RECORD=%s/record TMPDIR=%s PATH=%s:$PATH %s run --local "
    .. "-f examples/email -f %s/secrets.yaml --param smtpServer=localhost:%d --logs"):format(what, absolute(shell.moonstep),
    absolute "tests/notify",
    FOLDER, absolute(FOLDER), absolute "tests/run/bin", quote(shell.moonstep), FOLDER, server.starttls)
  shell.write(FOLDER .. "/record", "")
  local out, err, status = shell.run(line)
  return server.letters(), out .. err, status
end

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 2) end end

local tests = {}

-- { what happens, exit status, subject, lines of the letter }
for _, row in ipairs {
  { "nothing", 0, "done: backup of AppBinding shop/sessions", "Snapshot:   abcdef01\r\n", "Duration:   3.25s\r\n",
    "Session:    BackupSession shop/sessions-1700000000\r\n" },
  { "fails", 1, "FAILED: backup of AppBinding shop/sessions", "Error:      step dump: NOAUTH Authentication required.\r\n",
    "Attempt:    1, 0 left\r\n" },
  { "killed", 1, "FAILED: backup of AppBinding shop/sessions", "Error:      step restic-backup-1 of Job "
    .. "shop/stash-backup-sessions-1700000000-0 failed with exit st", "Step:       restic-backup-1\r\n" } } do
  tests[#tests + 1] = { row[1], function()
    local letters, printed, status = run(row[1])
    suite.equal(#letters, 1, printed)
    suite.equal(status, row[2], printed)
    contains(letters[1], "envelope: backup@corp.example ops@corp.example,dba@corp.example mailer tls=True\n")
    contains(letters[1], "\r\nSubject: " .. row[3] .. "\r\n")
    local text = letters[1]:gsub("=\r\n", "")
    for i = 4, #row do contains(text, row[i]) end
    for _, word in ipairs { "good-password", "swordfish-1", "redis-1" } do
      suite.equal((printed .. letters[1]):find(word, 1, true), nil, word)
    end
  end }
end

local passed = suite.run("notify: the example", tests)
server.close()
return passed
