test "unknown field" { input = "", expect = {}, inptu = "" }
