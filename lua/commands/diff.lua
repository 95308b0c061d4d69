-- moonstep diff
local compare = require "batch.compare"
local diag = require "base.diag"
local emit = require "engine.emit"
local host = require "engine.host"
local manifest = require "batch.manifest"

local command = {
  summary = "compare the output of two batches, by target and field",
  usage = "moonstep diff OLD NEW [-o text|ndjson]",
  text = [[
OLD and NEW are folders that `moonstep render --out` has filled, or their manifests. Targets are the same when they have the same
namespace, name and Task. Values of Secrets are compared and not printed. Exit status 1 when something differs.
]],
  options = {
    { long = "output", short = "o", kind = "choice", choices = { "text", "ndjson" }, default = "text",
      help = "how differences are printed" },
    { long = "format", kind = "choice", choices = { "human", "ndjson" }, default = "human", help = "how messages are printed" },
    { long = "quiet", short = "q", kind = "flag", help = "do not print how many targets differ" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local MARKS = { added = "+", removed = "-", changed = "~" }

local function words_of(change)
  local v = manifest.decode("{" .. change.who .. "}")
  if type(v.name) ~= "string" then return ("row %d"):format(change.index + 1), {} end
  return ("%s/%s (%s)"):format(v.namespace, v.name, v.task), v
end

local function field_text(field)
  local name = (field.object and field.object .. " " or "") .. field.path
  if not field.old then return ("    %s added: %s\n"):format(name, field.new) end
  if not field.new then return ("    %s removed: %s\n"):format(name, field.old) end
  return ("    %s: %s -> %s\n"):format(name, field.old, field.new)
end

local texts = {}

function texts.text(change)
  local out = { ("%s %s\n"):format(MARKS[change.change], diag.visible((words_of(change)))) }
  if change.old then out[2] = ("    %s -> %s\n"):format(change.old, change.new) end
  for _, field in ipairs(change.fields or {}) do out[#out + 1] = diag.visible(field_text(field):sub(1, -2)) .. "\n" end
  return table.concat(out)
end

local emitter = emit.new { "change", "namespace", "name", "task", "status", "fields", "object", "path", "old", "new" }

function texts.ndjson(change)
  local _, v = words_of(change)
  local status = change.old and { old = change.old, new = change.new } or nil
  return diag.quiet_json(emitter:json { change = change.change, namespace = v.namespace, name = v.name, task = v.task, status = status,
    fields = change.fields }) .. "\n"
end

-- run(options, operands, wrong) -> exit status
function command.run(given, operands, wrong)
  if #operands ~= 2 then return wrong "diff takes two folders or manifests: OLD NEW" end
  local report = diag.report { format = given.format, quiet = given.quiet }
  local counts, why = compare.run(operands[1], operands[2], function(change) host.output(texts[given.output](change)) end)
  if not counts then
    report:add(why)
    return report:status()
  end
  if not given.quiet then
    host.message(("moonstep: %d added, %d removed, %d changed, %d the same\n"):format(counts.added, counts.removed, counts.changed,
      counts.same))
  end
  return counts.added + counts.removed + counts.changed > 0 and 1 or 0
end

return command
