-- want: 1 what stands behind the message is a table
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, "kind", "m", 5)
end }
