provider "p" { summary = "s", variables = {}, resolve = function() end }
re.find("x", "(")
