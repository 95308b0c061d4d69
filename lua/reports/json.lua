-- All findings as one JSON object: how the run ended, how many there are of each severity, and the findings as `--format ndjson` has them.
local diag = require "base.diag"
local emit = require "engine.emit"
local written = require "reports.written"

-- report(findings, run [, add]) -> text
return written(function(each, run, add)
  local counts = { error = 0, warning = 0, info = 0, waived = 0 }
  for d in each() do
    local counted = d.waived and "waived" or d.severity
    counts[counted] = counts[counted] + 1
  end
  local head = emit.new { "tool", "version", "status", "errors", "warnings", "infos", "waived" }:json { tool = "moonstep",
    version = run.version, status = run.status, errors = counts.error, warnings = counts.warning, infos = counts.info,
    waived = counts.waived }
  add(("%s,\"findings\":["):format(head:sub(1, -2)))
  local between = "\n"
  for d in each() do
    add(between)
    add((diag.ndjson(d):gsub("\n$", "")))
    between = ",\n"
  end
  add(between == "\n" and "]}\n" or "\n]}\n")
end)
