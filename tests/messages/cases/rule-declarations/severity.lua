rule "a" { summary = "s", kinds = {}, severity = "fatal", check = function() end }
