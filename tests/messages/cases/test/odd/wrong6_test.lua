test "outside" { file = "../secret.yaml", expect = {} }
