waive {rule = "*", match = "x", reason = ""}
