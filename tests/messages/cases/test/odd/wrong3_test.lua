test "nothing expected" { input = "" }
