-- want: 1 the last of many
-- run: check
-- As many rules as there may be, which all look at everything.
for i = 1, 10000 do
  rule("r" .. i) { summary = "s", kinds = { "*" }, check = function(object, report)
    if i == 10000 then report(object, "metadata.name", "the last of many") end
  end }
end
