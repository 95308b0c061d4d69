waive {rule = "*", match = "x", reason = "y", expires = "soon"}
