-- moonstep notify-email
local diag = require "base.diag"
local facts = require "notify.facts"
local host = require "engine.host"
local letter = require "notify.letter"
local settings = require "notify.settings"
local smtp = require "notify.smtp"

local text = settings.text

local command = {
  summary = "send a mail about what became of a backup or restore",
  usage = "moonstep notify-email --output-dir FOLDER --smtp HOST --from ADDRESS --to ADDRESS[,ADDRESS]... [options]",
  text = [[
What the Function of that name runs behind other steps, or a hook behind the end. It reads what they left in the output folder and sends a
short mail about it: whether it failed and why, sizes, times. What is not given as an option is taken from the environment, from the
variables in brackets; NAMESPACE, BACKUP_SESSION, RESTORE_SESSION, TARGET_KIND, TARGET_NAMESPACE, TARGET_NAME and REPOSITORY_NAME say
what it is about.

The server's certificate is checked, and a password is sent over TLS alone. What the server refuses for now is tried again.

Exit status: 0 it is sent, or need not be, whatever became of the backup; 2 it could not be sent.
]],
  options = settings.options {
    text("smtp", "the server; without a port it is 587, 465 with --tls tls, 25 with --tls none (SMTP_SERVER)", "HOST[:PORT]"),
    { long = "tls", kind = "choice", choices = { "starttls", "tls", "none" }, help = "how (SMTP_TLS, default: starttls)" },
    text("ca-file", "authorities of the server's certificate, in place of the system's (instead, as text: SMTP_CA)", "FILE"),
    text("user-file", "holds the name to log in with (instead: SMTP_USER)", "FILE"),
    text("password-file", "holds the password (instead: SMTP_PASSWORD)", "FILE"), text("from", "the sender (MAIL_FROM)", "ADDRESS"),
    text("to", "who gets it, with commas between (MAIL_TO)", "ADDRESSES"),
  },
}

local PORTS = { starttls = 587, tls = 465, none = 25 }
local MOST_TO = 100

local function read_server(given)
  local tls = settings.value(given, "tls", "SMTP_TLS") or "starttls"
  if not PORTS[tls] then return nil, ("SMTP_TLS takes one of starttls, tls, none, not %q"):format(tls) end
  local named = settings.value(given, "smtp", "SMTP_SERVER")
  if not named then return nil, "--smtp HOST, or SMTP_SERVER, is needed" end
  local name, port = named:match "^([%w.-]+):?(%d*)$"
  if not name then name, port = named:match "^(%[[%x:.]+%]):?(%d*)$" end
  port = port == "" and PORTS[tls] or tonumber(port)
  if not name or not port or port < 1 or port > 65535 then return nil, ("--smtp takes HOST or HOST:PORT, not %q"):format(named) end
  return { host = name, port = port, tls = tls }
end

-- The name and password, where there are some.
local function add_login(server, given)
  local why
  server.user, why = settings.secret(given, "user-file", "SMTP_USER")
  if why then return nil, why end
  server.password, why = settings.secret(given, "password-file", "SMTP_PASSWORD")
  if why then return nil, why end
  if (server.user == nil) ~= (server.password == nil) then
    return nil, "a login is a name and a password, and one of the two is not given"
  end
  if server.user and server.tls == "none" then return nil, "a password is not sent without TLS: --tls starttls or --tls tls" end
  return true
end

local function read_addresses(given)
  local from, to = settings.value(given, "from", "MAIL_FROM"), {}
  for each in (settings.value(given, "to", "MAIL_TO") or ""):gmatch "[^,]+" do to[#to + 1] = each:match "^%s*(.-)%s*$" end
  if not from then return nil, "--from ADDRESS, or MAIL_FROM, is needed" end
  if not to[1] then return nil, "--to ADDRESS, or MAIL_TO, is needed" end
  if #to > MOST_TO then return nil, ("--to takes at most %d addresses"):format(MOST_TO) end
  for _, each in ipairs { from, table.unpack(to) } do
    if not letter.is_address(each) then return nil, ("%q is no address such as ops@corp.example"):format(diag.visible(each)) end
  end
  return { from = from, to = to }
end

-- All that is needed | nil, why
local function read(given)
  local all, why = settings.common(given)
  if not all then return nil, why end
  local server, mail
  server, why = read_server(given)
  if not server then return nil, why end
  local ok
  ok, why = add_login(server, given)
  if not ok then return nil, why end
  server.ca, why = settings.authorities(given, "SMTP_CA")
  if why then return nil, why end
  mail, why = read_addresses(given)
  if not mail then return nil, why end
  server.timeout, server.tries, server.delay = all.timeout, all.tries, all.delay
  return all, server, mail
end

function command.run(given, operands, wrong)
  if operands[1] then return wrong(("notify-email takes no operands: %s"):format(operands[1])) end
  local all, server, mail = read(given)
  if not all then return wrong(server) end
  local of, report = facts.read(all.folder), diag.report { format = "human" }
  if not facts.wanted(of, all.when) then
    host.message(("moonstep: no mail, since it is sent on %s alone\n"):format(all.when))
    return 0
  end
  mail.text = letter.text { from = mail.from, to = mail.to, subject = facts.subject(of), lines = facts.lines(of), now = of.now }
  local sent, why, hint = smtp(server, mail)
  if sent then
    host.message(("moonstep: a mail is sent to %s: %s\n"):format(table.concat(mail.to, ", "), facts.subject(of)))
  else settings.failed(report, all, ("the mail could not be handed to %s:%d: %s"):format(server.host, server.port, why), hint) end
  return report:status()
end

return command
