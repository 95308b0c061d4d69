-- want: 1 match limit exceeded & bad pattern
rule "a" { summary = "s", kinds = { "Job" }, check = function(job) ask({ ("a"):rep(60) .. "b" }, 1, "^(a+)+$") end }
rule "b" { summary = "s", kinds = { "Job" }, check = function(job) ask(job.metadata, "name", "((") end }
rule "c" { summary = "s", kinds = { "Job" }, check = function(job)
  pcall(ask, job.metadata, "name", "((")
  ask(job.metadata, "name", "((") end }
rule "d" { summary = "s", kinds = { "Job" }, check = function(job) for i = 1, 1000 do ask(job.metadata, "name", "x{" .. i .. "}") end end }
