-- want: 2 a name holds no control characters
rule "\27[31mred" { summary = "s", kinds = { "Job" }, check = function() end }
