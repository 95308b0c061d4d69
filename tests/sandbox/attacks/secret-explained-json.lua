-- want: 1 "value":"***"
-- run: explain -o json
local s = secret("xyzzy" .. "-plugh-42")
provider "p" { summary = "s", variables = { "REPOSITORY_BUCKET" }, override = true, resolve = function() return s end }
