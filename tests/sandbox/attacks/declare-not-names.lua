-- want: 2 must be a list of strings
rule "r" { summary = "s", kinds = { {} }, check = function() end }
