-- want: 2 never equal
local s = secret("xyzzy" .. "-plugh-42")
local guess = "xyzzy" .. "-plugh-42"
error(s == guess and "equal" or s == secret(guess) and "equal" or "never equal")
