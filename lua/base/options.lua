-- Command lines: options as kubectl has them (`-f x`, `-fx`, `--file x`, `--file=x`, clustered short flags, `--`).
local near = require "base.near"

local options = {}

-- A command describes each option once; parsing, help and error messages come from that:
--   { long = "set", short = "f", value = "K=V", kind = "flag" | "text" | "label" | "list" | "map" | "choice", choices = {…}, help = "…" }
-- A flag takes no value; a label is a name as Kubernetes has them (RFC 1123), such as that of a namespace; a list collects values; a map
-- collects K=V, the last for a key wins.

local function find(described, field, name)
  for _, option in ipairs(described) do
    if option[field] == name then return option end
  end
end

local function unknown(described, name)
  local names = {}
  for _, option in ipairs(described) do names[#names + 1] = "--" .. option.long end
  local meant = near(name, names)
  return nil, ("unknown option %s%s"):format(name, meant and "; did you mean " .. meant .. "?" or "")
end

local function is_label(text)
  return #text <= 63 and text:find "^[a-z0-9][a-z0-9-]*$" ~= nil and text:sub(-1) ~= "-"
end

local function store(parsed, option, text)
  local name = option.long
  if option.kind == "flag" then parsed[name] = true
  elseif option.kind == "text" then parsed[name] = text
  elseif option.kind == "label" then
    if not is_label(text) then
      return nil, ("--%s takes a name of lower case letters, digits and dashes, not %q"):format(name, text)
    end
    parsed[name] = text
  elseif option.kind == "list" then table.insert(parsed[name], text)
  elseif option.kind == "map" then
    local key, value = text:match("^([^=]+)=(.*)$")
    if not key then return nil, ("--%s takes NAME=VALUE, not %q"):format(name, text) end
    parsed[name][key] = value
  else
    for _, choice in ipairs(option.choices) do
      if text == choice then parsed[name] = text end
    end
    if parsed[name] ~= text then
      local meant = near(text, option.choices)
      return nil, ("--%s takes one of %s, not %q%s"):format(name, table.concat(option.choices, ", "), text,
        meant and "; did you mean " .. meant .. "?" or "")
    end
  end
  return true
end

-- Takes the option that stands at arguments[i] into `parsed`. Returns the index behind it.
local function take(described, arguments, i, parsed)
  local word = arguments[i]
  local name, value = word:match("^(%-%-[^=]+)=(.*)$")
  local option
  if word:sub(1, 2) == "--" then
    option = find(described, "long", (name or word):sub(3))
    if not option then return unknown(described, name or word) end
    if option.kind == "flag" and value then return nil, ("%s takes no value"):format(name) end
  else
    option = find(described, "short", word:sub(2, 2))
    if not option then return unknown(described, "-" .. word:sub(2, 2)) end
    if option.kind == "flag" and #word > 2 then
      arguments[i] = "-" .. word:sub(3) -- more short flags behind this one
      i = i - 1
    elseif #word > 2 then value = word:sub(word:sub(3, 3) == "=" and 4 or 3) end
  end
  if option.kind ~= "flag" and not value then
    i = i + 1
    value = arguments[i]
    if not value then return nil, ("%s needs a value: %s"):format(word, option.value) end
  end
  local ok, why = store(parsed, option, value)
  if not ok then return nil, why end
  return i + 1
end

-- parse(described, arguments) -> options by long name, operands | nil, message
function options.parse(described, arguments)
  local parsed, operands = {}, {}
  for _, option in ipairs(described) do
    if option.kind == "list" or option.kind == "map" then parsed[option.long] = {} end
    if option.default then parsed[option.long] = option.default end
  end
  local i = 1
  while i <= #arguments do
    local word = arguments[i]
    if word == "--" then
      table.move(arguments, i + 1, #arguments, #operands + 1, operands)
      break
    elseif word:sub(1, 1) ~= "-" or word == "-" then
      operands[#operands + 1] = word
      i = i + 1
    else
      local after, why = take(described, arguments, i, parsed)
      if not after then return nil, why end
      i = after
    end
  end
  return parsed, operands
end

-- The options as lines of help.
function options.help(described)
  local lines = {}
  for _, option in ipairs(described) do
    local left = (option.short and "-" .. option.short .. ", " or "    ") .. "--" .. option.long
    if option.kind == "choice" then left = left .. " " .. table.concat(option.choices, "|")
    elseif option.kind ~= "flag" then left = left .. " " .. option.value end
    if #left > 30 then
      lines[#lines + 1] = "  " .. left
      left = ""
    end
    lines[#lines + 1] = ("  %-30s  %s"):format(left, option.help)
  end
  return table.concat(lines, "\n") .. "\n"
end

return options
