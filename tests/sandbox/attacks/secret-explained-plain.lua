-- want: 0 REPOSITORY_BUCKET = "a ***"
-- run: explain
local s = secret("xyzzy" .. "-plugh-42")
provider "p" { summary = "s", variables = { "REPOSITORY_BUCKET" }, override = true, resolve = function() return "a xyzzy" .. "-plugh-42" end }
