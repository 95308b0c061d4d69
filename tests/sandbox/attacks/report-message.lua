-- want: 1 report needs a message
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, "kind", {})
end }
