-- want: 1 error[x]: m
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "Job" }, check = function(job, report) report(job, s, "m") report(job, { "spec", s }, "m") end }
