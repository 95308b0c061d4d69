-- All findings as one JSON object: how the run ended, how many there are of each severity, and the findings as `--format ndjson` has them.
local diag = require "base.diag"
local emit = require "engine.emit"

-- report(findings, run) -> text
return function(findings, run)
  local counts = { error = 0, warning = 0, info = 0, waived = 0 }
  local lines = {}
  for i, d in ipairs(findings) do
    local counted = d.waived and "waived" or d.severity
    counts[counted] = counts[counted] + 1
    lines[i] = diag.ndjson(d):gsub("\n$", "")
  end
  local head = emit.new { "tool", "version", "status", "errors", "warnings", "infos", "waived" }:json { tool = "moonstep",
    version = run.version, status = run.status, errors = counts.error, warnings = counts.warning, infos = counts.info,
    waived = counts.waived }
  local body = #lines == 0 and "" or "\n" .. table.concat(lines, ",\n") .. "\n"
  return ("%s,\"findings\":[%s]}\n"):format(head:sub(1, -2), body)
end
