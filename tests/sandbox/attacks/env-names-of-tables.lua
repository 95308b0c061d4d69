-- want: 2 nothing is called table here
return _G[{}]
