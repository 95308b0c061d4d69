-- want: 1 error[r]: m
waive { rule = ("*r"):rep(5000) .. "x", match = ("*a"):rep(5000) .. "b", reason = "r" }
rule "r" { summary = "s", kinds = { "Job" }, check = function(job, report)
  report(job, "kind", "m")
end }
