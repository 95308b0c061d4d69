-- want: 1 cpu-limit | time-limit & in rule r
local function spin() while true do end end
rule "r" { summary = "s", kinds = { "Job" }, check = function(job) ask(job, "kind", spin) end }
