-- moonstep notify-http
local diag = require "base.diag"
local facts = require "notify.facts"
local host = require "engine.host"
local json = require "kube.json"
local post = require "notify.post"
local settings = require "notify.settings"

local text = settings.text

local command = {
  summary = "tell a server what became of a backup or restore",
  usage = "moonstep notify-http --output-dir FOLDER (--url URL | --url-file FILE) [options]",
  text = [[
What the Function of that name runs behind other steps, or a hook behind the end. It reads what they left in the output folder and sends it
as JSON: status (Succeeded or Failed), direction, error, step, target, session, snapshot, repository, seconds, time. What is not given as
an option is taken from the environment, from the variables in brackets; NAMESPACE, BACKUP_SESSION, RESTORE_SESSION, TARGET_KIND,
TARGET_NAMESPACE, TARGET_NAME and REPOSITORY_NAME say what it is about.

Where the URL is a secret, as that of many a webhook is, it should come from a file or the environment; messages show its server alone.
What fails for the moment (no connection, 408, 429, 5xx) is tried again.

Exit status: 0 it is told, or need not be, whatever became of the backup; 2 it could not be told.
]],
  options = settings.options {
    text("url", "where to (instead: --url-file, NOTIFY_URL)", "URL"), text("url-file", "holds the URL", "FILE"),
    text("token-file", "holds a bearer token, which is sent over https alone (instead: NOTIFY_TOKEN)", "FILE"),
    text("ca-file", "authorities of the server's certificate, in place of the system's (instead, as text: NOTIFY_CA)", "FILE"),
    { long = "method", kind = "choice", choices = { "POST", "PUT", "GET" }, default = "POST", help = "of the request; GET sends no body" },
    { long = "header", kind = "list", value = "'NAME: VALUE'", help = "a header of the request; repeatable" },
    { long = "redirects-count", kind = "flag", help = "an answer that leads elsewhere is a success, too; it is not followed" },
    text("body", "sent in place of the JSON", "TEXT"), text("content-type", "of that body (default: text/plain)", "TYPE"),
  },
}

-- Names in lower case -> values | nil, why
local function read_headers(given)
  local headers = {}
  for _, line in ipairs(given.header) do
    local name, v = line:match "^([%w!#$%%&'*+.^_`|~-]+):%s*(.-)%s*$"
    if not name or v:find "%c" then return nil, ("--header takes 'NAME: VALUE', not %q"):format(line) end
    headers[name:lower()] = v
  end
  return headers
end

-- The request | nil, why
local function read_request(given, all)
  local url, why = given.url, nil
  if not url or url == "" then url, why = settings.secret(given, "url-file", "NOTIFY_URL") end
  if why then return nil, why end
  if not url then return nil, "--url URL, --url-file FILE or NOTIFY_URL is needed" end
  local token
  token, why = settings.secret(given, "token-file", "NOTIFY_TOKEN")
  if why then return nil, why end
  local ca
  ca, why = settings.authorities(given, "NOTIFY_CA")
  if why then return nil, why end
  if (token or ""):find "%c" then return nil, "the token holds control characters" end
  if (given["content-type"] or ""):find "%c" then return nil, "--content-type holds control characters" end
  local headers
  headers, why = read_headers(given)
  if not headers then return nil, why end
  return { url = url, token = token, ca = ca, headers = headers, method = given.method, timeout = all.timeout, tries = all.tries,
    delay = all.delay, most_status = given["redirects-count"] and 400 or 300 }
end

-- What is sent: what was given, or the facts.
local function add_body(request, given, of)
  if request.method == "GET" then return end
  if given.body then request.body, request.content_type = given.body, given["content-type"] or "text/plain"
  else request.body, request.content_type = json.encode(facts.record(of)), "application/json" end
end

function command.run(given, operands, wrong)
  if operands[1] then return wrong(("notify-http takes no operands: %s"):format(operands[1])) end
  local all, why = settings.common(given)
  if not all then return wrong(why) end
  local request
  request, why = read_request(given, all)
  if not request then return wrong(why) end
  local of, report = facts.read(all.folder), diag.report { format = "human" }
  if not facts.wanted(of, all.when) then
    host.message(("moonstep: nothing is told, since that is on %s alone\n"):format(all.when))
    return 0
  end
  add_body(request, given, of)
  local done
  done, why = post(request)
  if done then host.message(("moonstep: told: %s\n"):format(facts.subject(of)))
  else settings.failed(report, all, "it could not be told: " .. why, nil) end
  return report:status()
end

return command
