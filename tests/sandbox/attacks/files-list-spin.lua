-- want: 2 cpu-limit | memory-limit
-- run: render --grant read={folder}
for _ = 1, 1e9 do files.list "." end
