template "declares" { sumary = "x", render = 3 }
