-- want: 1 more than 1000 findings
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  for i = 1, 1000000 do report(job, "kind", "finding " .. i) end
end }
