-- Rules that found nothing: what reports of tests, which tell of successes too, name beside the findings.

-- passed(each, rules) -> names of the rules without a finding, in order; each() is an iterator over the findings
return function(each, rules)
  local found, names = {}, {}
  for d in each() do found[d.rule] = true end
  for _, rule in ipairs(rules) do
    if not found[rule.name] then
      found[rule.name] = true
      names[#names + 1] = rule.name
    end
  end
  table.sort(names)
  return names
end
