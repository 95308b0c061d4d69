-- What the commands that notify have in common: their options, and what is read of them.
--
--   settings.text(name, help, value) -> an option that takes a text
--   settings.options(own) -> the options of a command
--   settings.value(given, option, variable)        an option, or where it is not given the variable of the environment
--   settings.secret(given, option, variable) -> text, nil | nil, why     of a file, or of the variable; masked from here on
--   settings.authorities(given, variable) -> PEM of --ca-file, or of the variable, or nil: the system's | nil, why
--   settings.common(given) -> { when, on_failure, folder, timeout, tries, delay } | nil, why
local duration = require "base.duration"
local facts = require "notify.facts"
local files = require "engine.files"
local secret = require "engine.secret"

local settings = {}

function settings.text(name, help, value) return { long = name, kind = "text", value = value, help = help } end

local MOST_TRIES = 20
local MOST_SECRET = 65536 -- bytes
local MOST_CA = 4 << 20 -- bytes

local COMMON = {
  { long = "output-dir", kind = "text", value = "FOLDER", help = "where the steps left their results (OUTPUT_DIR)" },
  { long = "when", kind = "choice", choices = { "always", "failure", "success" }, help = "what is told (NOTIFY_WHEN, default: always)" },
  { long = "on-failure", kind = "choice", choices = { "exit", "report" },
    help = "when it cannot be told: exit with 2, or report it and exit with 0 (ON_FAILURE, default: exit)" },
  { long = "timeout", kind = "text", value = "TIME", default = "30s", help = "how long a try may take" },
  { long = "tries", kind = "text", value = "N", default = "4", help = "how often it is tried" },
  { long = "retry-delay", kind = "text", value = "TIME", default = "5s", help = "before the second try; twice as long before each other" },
  { long = "help", short = "h", kind = "flag", help = "this text" },
}

function settings.options(own) return table.move(COMMON, 1, #COMMON, #own + 1, own) end

function settings.value(given, option, variable)
  local text = given[option]
  if text == nil or text == "" then text = facts.environment(variable) end
  return text
end

function settings.secret(given, option, variable)
  local path, text = given[option], facts.environment(variable)
  if path and path ~= "" then
    local problem
    text, problem = files.read(path, MOST_SECRET)
    if not text then return nil, ("--%s: %s"):format(option, problem.message) end
    text = text:gsub("[\r\n]+$", "")
  end
  if not text or text == "" then return nil end
  secret.of(text)
  return text
end

function settings.authorities(given, variable)
  local path = given["ca-file"]
  if not path then return facts.environment(variable) end
  local pem, problem = files.read(path, MOST_CA)
  if not pem then return nil, "--ca-file: " .. problem.message end
  return pem
end

local function choice(given, option, variable, choices)
  local text = settings.value(given, option, variable) or choices[1]
  for _, each in ipairs(choices) do
    if each == text then return text end
  end
  return nil, ("%s takes one of %s, not %q"):format(variable, table.concat(choices, ", "), text)
end

function settings.common(given)
  local when, why = choice(given, "when", "NOTIFY_WHEN", { "always", "failure", "success" })
  if not when then return nil, why end
  local all = { when = when }
  all.on_failure, why = choice(given, "on-failure", "ON_FAILURE", { "exit", "report" })
  if not all.on_failure then return nil, why end
  all.folder = settings.value(given, "output-dir", "OUTPUT_DIR")
  if not all.folder then return nil, "--output-dir FOLDER, or OUTPUT_DIR, is needed" end
  for name, option in pairs { timeout = "timeout", delay = "retry-delay" } do
    all[name] = duration.seconds(given[option])
    if not all[name] or name == "timeout" and all[name] <= 0 then
      return nil, ("--%s takes a time such as 90s or 1h30m, not %q"):format(option, given[option])
    end
  end
  all.tries = math.tointeger(tonumber(given.tries))
  if not all.tries or all.tries < 1 or all.tries > MOST_TRIES then
    return nil, ("--tries takes a number from 1 to %d, not %q"):format(MOST_TRIES, given.tries)
  end
  return all
end

-- failed(report, settings, message, hint): that something could not be told.
function settings.failed(report, all, message, hint)
  local mild = all.on_failure == "report"
  report:add { rule = "not-notified", severity = mild and "warning" or "error", trouble = not mild, message = message, hint = hint }
end

return settings
