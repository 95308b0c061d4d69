test "fine" { policies = {}, input = "apiVersion: v1\nkind: Pod", expect = {} }
