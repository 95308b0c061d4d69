-- want: 2 include takes the path of a file in
include "/etc/passwd"
