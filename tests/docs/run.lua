-- The examples of the documentation, run: in each block that is fenced as `console`, a line `$ command` is run in the
-- repository's folder and must print the lines below it. A line `...` stands for any lines.
local shell = dofile "tests/lib/shell.lua"

local function matches(got, want)
  local at = 1
  local free = false
  for line in (want .. "\n"):gmatch "(.-)\n" do
    if line == "..." then free = true
    elseif line ~= "" or not free then
      local from, to = got:find(line .. "\n", at, true)
      if not from or (not free and from ~= at) then return false end
      at, free = to + 1, false
    end
  end
  return free or at > #got
end

local function run_example(command, want)
  local out, err = shell.run(command:gsub("build/moonstep", shell.moonstep) .. " 2>&1")
  local got = out .. err
  if want == "" and got == "" then return nil end
  if not matches(got, want:gsub("\n$", "")) then return ("%s\n--- printed\n%s--- documented\n%s"):format(command, got, want) end
end

-- The commands of a block and what stands below each: { command, text }, in order.
local function examples(block)
  local found = {}
  for line in block:gmatch "([^\n]*)\n" do
    local command = line:match "^%$ (.*)$"
    if command then found[#found + 1] = { command, "" }
    elseif #found > 0 then found[#found][2] = found[#found][2] .. line .. "\n" end
  end
  return found
end

local passed, failed = 0, 0
for _, path in ipairs { "README.md", ".github/CONTRIBUTING.md" } do
  for block in shell.read(path):gmatch "\n```console\n(.-)```" do
    for _, example in ipairs(examples(block)) do
      local why = run_example(example[1], example[2])
      if why then
        failed = failed + 1
        print("not ok " .. path .. ": " .. why)
      else passed = passed + 1 end
    end
  end
end
-- The table of the script API is what the tool itself prints.
local table_in_readme = shell.read "README.md":match "<!%-%- api:[^\n]*\n(.-)<!%-%- /api %-%->"
if table_in_readme == shell.run(shell.moonstep .. " help api --markdown") then passed = passed + 1
else
  failed = failed + 1
  print "not ok README.md: the table of the script API is not what `moonstep help api --markdown` prints"
end
print(("documentation: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
