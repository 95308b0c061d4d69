-- want: 0 error[secret-in-object]
-- run: render --fail-on never --emit-all --keep-going -o json
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = "x" .. s } end }
