-- Integers, floats, calls and branches.
local function collatz(n)
  local steps = 0
  while n ~= 1 do
    n = n % 2 == 0 and n // 2 or 3 * n + 1
    steps = steps + 1
  end
  return steps
end

local most, sum = 0, 0.0
for i = 1, 6000 do
  most = math.max(most, collatz(i))
  sum = sum + math.sqrt(i) / (i + 1)
end
return most, sum
