-- want: 2 memory-limit
for i = 1, 1 << 30 do secret(("xyzzy"):rep(1000) .. i) end
