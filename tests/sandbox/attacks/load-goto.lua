-- want: 2 cpu-limit | time-limit
::top:: goto top
