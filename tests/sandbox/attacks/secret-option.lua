-- want: 2 default must be a string
local s = secret("xyzzy" .. "-plugh-42")
option "x" { summary = "", default = s }
