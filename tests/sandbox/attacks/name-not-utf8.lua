-- want: 2 a name holds no control characters and is UTF-8
provider "\xff" { summary = "s", variables = {}, resolve = function() end }
