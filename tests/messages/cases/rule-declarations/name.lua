rule { summary = "s" }
