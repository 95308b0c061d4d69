test "no input" { expect = {} }
