provider "p" { summary = "s", variables = {}, resolve = function() end }
yaml.encode({ f = pairs })
