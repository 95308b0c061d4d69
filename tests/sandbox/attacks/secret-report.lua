-- want: 1 report needs a message
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "Job" }, check = function(job, report) report(job, "spec", "it is " .. s) end }
