-- want: 1 cpu-limit & asked about all objects and 1 more | cpu-limit & in rule r2, asked about all objects
-- run: check
-- config: short
-- Many rules that look at all objects, and never end: after two the others are not asked.
for i = 1, 500 do
  rule("r" .. i) { summary = "s", kinds = { "*" }, check_all = function() while true do end end }
end
