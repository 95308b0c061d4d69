rule "a" { summary = "s", kinds = "Job", check = function() end }
