-- want: 2 at most 1 MiB are put in
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function() return secret(("x"):rep(1 << 20)) .. "y" end }
