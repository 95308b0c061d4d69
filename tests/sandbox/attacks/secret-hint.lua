-- want: 1 the hint must not be a secret
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "Job" }, check = function(job, report) report(job, "spec", "m", { hint = s }) end }
