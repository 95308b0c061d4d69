-- want: 2 needs.read must be a list of strings
provider "p" { summary = "s", variables = {}, needs = { read = { {} } }, resolve = function() end }
