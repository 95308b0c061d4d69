-- want: 1 the hint must be a string
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, "kind", "m", { hint = {} })
end }
