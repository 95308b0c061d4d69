-- want: 0 kind: Job
-- instead: "local x = [[" .. ("x"):rep(3000000) .. "]]"

