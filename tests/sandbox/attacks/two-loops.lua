-- want: 1 cpu-limit | time-limit & in rule a & in rule b
rule "a" { summary = "s", kinds = { "Job" }, check = function() while true do end end }
rule "b" { summary = "s", kinds = { "Job" }, check = function() while true do end end }
rule "c" { summary = "s", kinds = { "Job" }, check = function() while true do end end }
