-- want: 2 it took more than 2.0 s of CPU time & limits: {cpu: 4s} in moonstep.yaml | time-limit
-- config: usual
repeat until false
