-- want: 1 error[r]: m
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, {}, "m")
  report(job, 0 / 0, "m")
  report({}, "kind", "m")
  report(job.metadata, report, "m")
end }
