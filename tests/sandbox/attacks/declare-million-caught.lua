-- want: 2 more than 10000 rules
-- Who catches that there are too many does not get more.
for i = 1, 1000000 do
  local ok, why = pcall(rule("r" .. i), { summary = "s", kinds = { "Job" }, check = function() end })
  if not ok and i > 20000 then error(why, 0) end
end
