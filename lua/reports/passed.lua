-- Rules that found nothing: what reports of tests, which tell of successes too, name beside the findings.

-- passed(findings, rules) -> names of the rules without a finding, in order
return function(findings, rules)
  local found, names = {}, {}
  for _, d in ipairs(findings) do found[d.rule] = true end
  for _, rule in ipairs(rules) do
    if not found[rule.name] then
      found[rule.name] = true
      names[#names + 1] = rule.name
    end
  end
  table.sort(names)
  return names
end
