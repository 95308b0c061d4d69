-- Lua here is 5.4 with our own `require`; scripts of the product declare providers and templates.
std = "lua54"
max_line_length = 140
cache = false
-- Scripts: what they see beside Lua's own.
local script = { read_globals = { "provider", "rule", "template", "waive", "option", "include", "ask", "secret", "test", "settings", "yaml", "json", "csv", "base64", "files", "re", "log", "env", "http", "kube", "k8s", "net" } }
for _, path in ipairs { "lua/variables/stash.lua", "lua/variables/appbinding.lua", "lua/providers", "lua/init", "lua/templates/stash.lua", "lua/templates/schedule.lua", "lua/templates/job.lua",
  "lua/templates/sequence.lua", "examples", "policies", "tests/messages", "tests/recall/probe.lua", "tests/faults/cases", "tests/templates",
  "tests/repeat/site", "tests/repeat/list.lua", "tests/run/cases" } do files[path] = script end
files["tests"] = { allow_defined_top = true }
exclude_files = { "tests/*/cases/script-errors", "tests/messages/cases/test/odd", "tests/faults/cases/syntax.lua", "tests/sandbox/*.lua", "tests/sandbox/*/*.lua" }
files["tests/*/cases"] = { max_line_length = false }
files["tests/kube/cases.lua"] = { max_line_length = false }
files["tests/kube/run.lua"] = { max_line_length = false }
-- Rows of texts before and after a fix.
files["tests/fixes/cases"] = { max_line_length = false, read_globals = { "REMOVE", "list", "null" } }
