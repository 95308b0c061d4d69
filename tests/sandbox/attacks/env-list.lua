-- want: 2 this table cannot become a list
k8s.list(_G)
