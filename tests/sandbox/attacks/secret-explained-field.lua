-- want: 1 = "***"
-- run: explain --field spec.template.spec.initContainers[0].args[4]
local s = secret("xyzzy" .. "-plugh-42")
provider "p" { summary = "s", variables = { "REPOSITORY_BUCKET" }, override = true, resolve = function() return s end }
