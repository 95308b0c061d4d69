-- want: 1 ask needs a part of an object & ask needs a function or a pattern
rule "a" { summary = "s", kinds = { "Job" }, check = function(job) ask("x", "kind", type) end }
rule "b" { summary = "s", kinds = { "Job" }, check = function(job) ask(job, "kind", 7) end }
rule "c" { summary = "s", kinds = { "Job" }, check = function(job) ask(job, {}, type) ask(job, 0 / 0, type) ask(job, nil, type) end }
rule "d" { summary = "s", kinds = { "Job" }, check = function(job) ask(job, "kind", function() return {} end) end }
