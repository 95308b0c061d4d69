-- want: 2 cannot go through a table with boolean keys
for _ in pairs { [true] = 1 } do end
