waive { rule = "a", match = "*", reason = "" }
