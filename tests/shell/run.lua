-- Which texts the parser of the pack `shell` takes, against what shells said. Usage: moonstep-lua tests/shell/run.lua [SHELL]...
-- With shells, asks them whether they still say what texts.txt has.
local shell = dofile "tests/lib/shell.lua"
local include = dofile "tests/shell/include.lua"
local parse = include "grammar.lua"

local ask_again = { ... }

-- The cases of texts.txt: { text, bash, dash, why }.
local function cases()
  local all = {}
  for line in shell.read "tests/shell/texts.txt":gmatch "([^\n]*)\n" do
    local bash, dash, rest = line:match "^%-%-%- bash=(%a+) dash=(%a+)(.*)$"
    if bash then all[#all + 1] = { bash = bash == "yes", dash = dash == "yes", why = rest:match "^ %-%- (.+)$" }
    elseif #all > 0 then
      local case = all[#all]
      case.text = case.text and case.text .. "\n" .. line or line
    end
  end
  return all
end

-- Whether the parser says that bash and dash take a text.
local function ours(text)
  local parsed = parse(text)
  if not parsed then return false, false end
  local dash = true
  for _, bashism in ipairs(parsed.bashisms) do dash = dash and not bashism.hard end
  return not parsed.dash_only, dash
end

local function asked(name, text)
  local file = os.tmpname()
  shell.write(file, text)
  local _, _, status = shell.run(("%s -n %s"):format(name, file))
  os.remove(file)
  return status == 0
end

local function check(case)
  local bash, dash = ours(case.text)
  local same = bash == case.bash and dash == case.dash
  if case.why and same then return "this is no difference any more" end
  if not case.why and not same then
    return ("bash=%s dash=%s, want bash=%s dash=%s"):format(bash, dash, case.bash, case.dash)
  end
  for _, name in ipairs(ask_again) do
    local said = asked(name, case.text)
    if said ~= case[name] then return ("%s says %s now"):format(name, said) end
  end
end

local passed, failed = 0, 0
for _, case in ipairs(cases()) do
  local why = check(case)
  if why then
    failed = failed + 1
    print(("not ok shell: %q: %s"):format(case.text, why))
  else passed = passed + 1 end
end
print(("shell: texts: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
