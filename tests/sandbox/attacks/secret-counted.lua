-- want: 2 a secret cannot be calculated with
error(("it is %d"):format(secret(1) + 1))
