test "snapshot" { input = "", snapshot = "x.yaml" }
