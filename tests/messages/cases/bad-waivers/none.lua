waive {rule = "*", match = "x"}
