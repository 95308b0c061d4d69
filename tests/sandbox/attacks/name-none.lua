-- want: 2 needs a name
rule(nil)
