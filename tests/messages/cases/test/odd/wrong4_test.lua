test "of another type" { input = "", expect = { a = "b" } }
