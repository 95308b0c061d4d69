-- want: 2 a secret cannot be compared
-- Byte by byte, from one side and from the other.
local s = secret("xyzzy" .. "-plugh-42")
local known = ""
for c = 32, 126 do
  if s < known .. string.char(c) then known = known .. string.char(c) end
end
error(known)
