-- Lists and maps as a template makes them: filled, sorted, copied, gone through.
local function container(i)
  return { name = "step-" .. i, image = "example/step:" .. i, args = { "--a", "--b=" .. i }, env = { { name = "N", value = tostring(i) } } }
end

local total = 0
for round = 1, 30 do
  local list, by_name = {}, {}
  for i = 1, 100 do table.insert(list, container(i * 37 % 101)) end
  table.sort(list, function(a, b) return a.name < b.name end)
  for _, c in ipairs(list) do by_name[c.name] = c end
  local copy = table.move(list, 1, #list, 1, {})
  while #copy > 50 do table.remove(copy) end
  for i, c in ipairs(copy) do total = total + i + #c.args + #by_name[c.name].env end
  local numbers = {}
  for i = 1, 200 do numbers[i] = i * 7919 % 1009 + round end
  table.sort(numbers)
  total = total + numbers[1] + select("#", table.unpack(numbers, 1, 50))
end
return total
