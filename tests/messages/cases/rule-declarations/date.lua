waive { rule = "a", match = "*", reason = "r", expires = "next year" }
