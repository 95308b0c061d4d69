-- moonstep grants
local diag = require "base.diag"
local host = require "engine.host"
local inputs = require "commands.inputs"
local road = require "road"

local TAKEN = { namespace = true, template = true, config = true, policy = true, script = true, grant = true, kubeconfig = true,
  option = true, format = true,
  quiet = true, help = true }

local command = {
  summary = "list what scripts ask for, and what they are granted",
  usage = "moonstep grants [--script FILE …] [--grant WHAT …]",
  text = [[
Each line is a grant, and then whether there is such a grant and which providers need it. What is granted and no provider says
that it needs is listed too: scripts may use it all the same. What the settings of a built-in provider name is granted to that
provider alone.
]],
  options = {},
}
for _, option in ipairs(inputs.options) do
  if TAKEN[option.long] then table.insert(command.options, option) end
end

-- The needs of providers, each once: { text, state, providers }.
local function asked(registry)
  local lines, by_text = {}, {}
  for _, want in ipairs(registry.wanted) do
    local text = want.kind .. "=" .. want.what
    local line = by_text[text]
    if not line then
      line = { text, want.granted and "granted" or "missing", {} }
      lines[#lines + 1], by_text[text] = line, line
    end
    table.insert(line[3], ("%s (%s)"):format(want.provider, want.file))
  end
  return lines, by_text
end

local function add_given(lines, by_text, registry)
  for _, given in ipairs(registry.grants:list()) do
    if not by_text[given] then lines[#lines + 1] = { given, "granted", {} } end
  end
end

-- What providers are granted by their settings in moonstep.yaml.
local function add_private(lines, registry)
  for _, private in ipairs(registry.private) do
    local who = private.name .. " alone, by its settings"
    for _, text in ipairs(private.grants:list()) do lines[#lines + 1] = { text, "granted", { who } } end
  end
end

function command.run(given, operands, wrong)
  if operands[1] then return wrong("grants takes no operands: " .. operands[1]) end
  given.filename, given.set, given.param, given["allow-unset"], given.kind, given["fail-on"] = {}, {}, {}, {}, "Job", "error"
  local options, why = inputs.read("grants", given, {}, true)
  if not options then return wrong(why) end
  local report = inputs.report(given)
  options.without_grants = true
  local ok, registry = diag.catch(road.scripts, options, report)
  if not ok then
    report:add(registry)
    return report:status()
  end
  local lines, by_text = asked(registry)
  add_given(lines, by_text, registry)
  add_private(lines, registry)
  table.sort(lines, function(a, b) return a[1] < b[1] or a[1] == b[1] and (a[3][1] or "") < (b[3][1] or "") end)
  if #lines == 0 then host.output "nothing is asked for, and nothing is granted\n" end
  for _, line in ipairs(lines) do
    local who = line[3][1] and "for " .. table.concat(line[3], ", ") or "no provider says that it needs it"
    host.output(("%-9s %s\n          %s\n"):format(line[2], diag.visible(line[1]), diag.visible(who)))
  end
  return report:status()
end

return command
