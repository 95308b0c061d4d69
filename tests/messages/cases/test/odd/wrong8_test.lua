test "a date" { input = "", expect = {}, today = "tomorrow" }
