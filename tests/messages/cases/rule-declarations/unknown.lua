rule "a" { summary = "s", kinds = {}, chek = function() end, check = function() end }
