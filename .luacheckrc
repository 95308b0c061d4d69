-- Lua here is 5.4 with our own `require`; scripts of the product declare providers and templates.
std = "lua54"
max_line_length = 140
cache = false
files["lua/variables/stash.lua"] = { read_globals = { "provider", "net" } }
files["lua/templates/stash.lua"] = { read_globals = { "template", "k8s" } }
files["tests"] = { allow_defined_top = true }
files["tests/messages"] = { read_globals = { "provider", "template", "k8s" } }
exclude_files = { "tests/messages/cases/script-errors" }
