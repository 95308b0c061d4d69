re.find(("a"):rep(5000) .. "!", "^(a|aa)+$")
