-- want: 2 script-syntax
-- instead: "\xff\xfex\0=\0001\0"

