-- want: 1 \x1b[1mbold
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, "kind", "\27[1mbold")
end }
