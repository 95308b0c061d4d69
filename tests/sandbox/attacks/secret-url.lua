-- want: 2 net.host_and_path needs a string
local s = secret("xyzzy" .. "-plugh-42")
net.host_and_path("https://" .. s .. "@x/")
