rule "throws" { summary = "s", kinds = { "Job" }, check = function(job) return job.spec.nothing.at.all end }
rule "nonsense" { summary = "s", kinds = { "Job" }, check = function(_, report) report(nil, "x", "y") end }
rule "writes" { summary = "s", kinds = { "Job" }, check = function(job) job.spec = nil end }
rule "fine" { summary = "s", kinds = { "Job" }, severity = "warning", check = function(job, report) report(job, "kind", "still runs") end }
