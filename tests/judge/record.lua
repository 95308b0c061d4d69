-- `make judge`: asks kubectl for its answer to each case of the tables, and writes answers/*.json. Usage:
--   moonstep-lua tests/judge/record.lua [TABLE]...
local shell = dofile "tests/lib/shell.lua"
local tables = dofile "tests/judge/tables.lua"
local kubectl = dofile "tests/judge/kubectl.lua"

local all, only = not ..., {}
for _, name in ipairs { ... } do only[name] = true end

local AT_ONCE = 12

-- The same in any answer to a text that cannot be read.
local NOISE = { "error parsing STDIN: ", "error converting YAML to JSON: ", 'unable to decode "STDIN": ' }

local function tidy(message)
  for _, noise in ipairs(NOISE) do message = message:gsub(noise:gsub("%p", "%%%0"), "") end
  return message:sub(1, 200)
end

local function record(name, cases)
  local whole, small, answers = {}, {}, {}
  for _, case in ipairs(cases) do table.insert(case.text and whole or small, case) end
  local function answer(case, documents, message, ours)
    local found = { case = case.name }
    if documents then found.is = tables.answer(documents)
    else found[ours and "unread" or "refused"] = tidy(message) end
    answers[case.name] = found
  end
  for _, case in ipairs(whole) do answer(case, kubectl.read(case.text)) end
  kubectl.each(small, AT_ONCE, tables.text, function(case, object, message)
    if object then object.metadata.name = "x" end
    answer(case, object and { object }, message)
  end)
  local lines, refused = {}, 0
  for _, case in ipairs(cases) do
    lines[#lines + 1] = tables.show(answers[case.name]) .. "\n"
    refused = refused + (answers[case.name].refused and 1 or 0)
  end
  shell.write(tables.answers_file(name), table.concat(lines))
  print(("judge: %s: %d cases, of which kubectl refuses %d"):format(name, #cases, refused))
end

local version = kubectl.version()
if not version then
  print "judge: there is no kubectl. Recording its answers needs one (`kubectl version --client` must work; no cluster is needed)."
  print "judge: install it as https://kubernetes.io/docs/tasks/tools/ says, and run `make judge` again."
  print "judge: the tests need none: `make test-judge` compares with the answers that are recorded."
  return false
end
print("judge: asking kubectl " .. version)
os.execute("mkdir -p " .. tables.folder .. "answers")
for _, t in ipairs(tables.all) do
  if all or only[t.name] then record(t.name, t.cases()) end
end
shell.write(tables.folder .. "answers/VERSION", version .. "\n")
