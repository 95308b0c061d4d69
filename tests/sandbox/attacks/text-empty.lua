-- want: 0 kind: Job
-- instead: ""

