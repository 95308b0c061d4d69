-- want: 1 cpu-limit | time-limit & in rule r
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  while true do end
end }
