-- Each pack's README says what its rules are: a table row a rule, with its severity and its summary as the rule has them.
local shell = dofile "tests/lib/shell.lua"

-- Packs whose README has such a table.
local PACKS = { "backup", "kubernetes", "shell" }

local passed, failed = 0, 0

local function check(ok, words, ...)
  if ok then passed = passed + 1
  else
    failed = failed + 1
    print(("not ok readme: " .. words):format(...))
  end
end

for _, pack in ipairs(PACKS) do
  local folder = "policies/" .. pack .. "/"
  local readme, rules = shell.read(folder .. "README.md"), {}
  for _, file in ipairs(shell.entries(folder)) do
    local text = file:find "%.lua$" and not file:find "_test%.lua$" and shell.read(folder .. file) or ""
    for name, body in text:gmatch '\nrule "([^"]+)" (%b{})' do
      rules[name] = true
      local severity, summary = body:match '\n  severity%s*= "(%a+)"' or "error", body:match '\n  summary%s*= "([^"]*)"'
      local row = ("\n| `%s` | %s | %s |"):format(name, severity, summary)
      check(readme:find(row, 1, true), "%sREADME.md has no row for %s, %s, %q", folder, name, severity, summary)
    end
  end
  for name in readme:gmatch "\n| `([%w-]+/[%w-]+)` |" do
    check(rules[name], "%sREADME.md has a row for %s, which is no rule", folder, name)
  end
end
print(("readme: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
