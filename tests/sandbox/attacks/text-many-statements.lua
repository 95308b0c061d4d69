-- want: 0 kind: Job
-- append: ("x = {1}\n"):rep(50000)

