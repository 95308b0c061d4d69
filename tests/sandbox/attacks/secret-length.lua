-- want: 2 it is 14 bytes long
-- Its length is not hidden: what it is joined with has a limit. Its bytes are.
local s = secret("xyzzy" .. "-plugh-42")
local low, high = 0, 4 << 20
local function joins(length) return (pcall(function() return s .. ("x"):rep(length) end)) end
while low < high do
  local middle = (low + high + 1) // 2
  if joins(middle) then low = middle else high = middle - 1 end
end
error(("it is %d bytes long"):format((4 << 20) - low), 0)
