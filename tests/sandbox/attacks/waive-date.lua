-- want: 2 must be a date
waive { rule = "r", match = "*", reason = "r", expires = "2027-99-99" }
