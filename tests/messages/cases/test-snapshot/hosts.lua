provider "hosts" { summary = "the host", variables = { "HOST" }, resolve = function() return "db-1" end }
