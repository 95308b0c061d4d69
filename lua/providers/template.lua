-- Texts of settings with {NAME} in them, which stand for the values of variables: those that Stash sets, such as TARGET_NAME,
-- TARGET_NAMESPACE, TARGET_KIND, REPOSITORY_NAME and INVOKER_NAME, and those of the command line and of other providers.
--
--   parse(text, setting, own) -> template. `setting` is its name in messages, `own` has the provider's own variables as keys.
--   fill(template, ctx [, escape]) -> text. Values go through `escape`.
--
-- A value comes from whoever wrote the documents, and must not lead elsewhere than the setting says: outside of a URL's query it is
-- neither empty nor `.` or `..` and holds no slash.
local template = {}

function template.parse(text, setting, own)
  local parts, at = { setting = setting }, 1
  while true do
    local first, last, name = text:find("{([^{}]*)}", at)
    local plain = text:sub(at, (first or 0) - 1)
    if plain:find "[{}]" then error(("%s has a brace that is none of {NAME}: %s"):format(setting, text), 0) end
    parts[#parts + 1] = { text = plain }
    if not first then return parts end
    if not name:find "^[%a_][%w_]*$" then error(("%s has {%s}, which is no variable's name: %s"):format(setting, name, text), 0) end
    if own[name] then error(("%s has {%s}, which this provider itself is asked for"):format(setting, name), 0) end
    parts[#parts + 1] = { name = name, in_query = text:sub(1, first):find("?", 1, true) ~= nil }
    at = last + 1
  end
end

local function value_of(part, setting, ctx)
  local name = part.name
  local v = ctx:variable(name)
  if v == nil then error(("%s needs %s, which has no value here; --set %s=… gives it one"):format(setting, name, name), 0) end
  if type(v) ~= "string" then error(("%s has {%s}, whose value is secret: it may not be shown where this is"):format(setting, name), 0) end
  if not part.in_query and (v == "" or v == "." or v == ".." or v:find("/", 1, true)) then
    error(("%s has {%s}, which is %q here and would lead elsewhere"):format(setting, name, v), 0)
  end
  return v
end

function template.fill(parts, ctx, escape)
  local out = {}
  for i, part in ipairs(parts) do
    local v = part.text or value_of(part, parts.setting, ctx)
    out[i] = part.name and escape and escape(v) or v
  end
  return table.concat(out)
end

-- Percent-encodes what is not the same everywhere in a URL (RFC 3986).
function template.percent(text) return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

return template
