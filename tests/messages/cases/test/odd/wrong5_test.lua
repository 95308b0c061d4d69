test "a number" { input = "", expect = { 1 } }
