test "options" { input = "", expect = {}, options = { a = true } }
