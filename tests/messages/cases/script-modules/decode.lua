provider "p" { summary = "s", variables = {}, resolve = function() end }
yaml.decode("a: [")
