provider "site" { summary = "weakest", variables = { "*" }, resolve = function(name) if name ~= "DEFAULT" then return "site" end end }
provider "over" { summary = "strongest but for --set", variables = { "OVER", "SET" }, override = true, resolve = function() return "over" end }
