-- want: 2 has more than 4 MiB
-- append: ("x = 1\n"):rep(2000000)

