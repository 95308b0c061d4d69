-- want: 0 apiVersion
first, early = false, false
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  first = first or report
  report = first
  if early then report(job, "kind", "m") end
end }
