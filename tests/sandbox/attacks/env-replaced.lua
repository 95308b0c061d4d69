-- want: 2 attempt to index a nil value
local _ENV = {}
return string.rep("x", 3)
