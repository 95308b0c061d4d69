-- Compares what we read each case of the tables as with kubectl's recorded answer. Usage:
--   moonstep-lua tests/judge/run.lua [TABLE [CASE]...]
local tables = dofile "tests/judge/tables.lua"

local only_table, only = ..., { select(2, ...) }
for _, name in ipairs(only) do only[name] = true end

local function place(line, column) return ("%d:%d"):format(line or 0, column or 0) end

local function in_words(problem)
  return ("the error %s at %s: %s"):format(problem.id, place(problem.line, problem.column), problem.message)
end

local function expect_value(want, got, problem)
  if got == nil then return ("got %s, want %s"):format(in_words(problem), tables.show(want)) end
  if not tables.same(got, want) then return ("got %s, want %s"):format(tables.show(got), tables.show(want)) end
end

-- A difference on purpose: kubectl's answer must not be ours, or the table says something that is not true.
local function expect_ours(ours, answer, got, problem)
  if got == nil and answer.refused or got ~= nil and answer.is ~= nil and tables.same(got, answer.is) then
    return "this is no difference to kubectl any more"
  end
  if ours.value ~= nil then return expect_value(ours.value, got, problem) end
  if got ~= nil then return ("got %s, want the error %s"):format(tables.show(got), ours.id) end
  if problem.id ~= ours.id then return ("got %s, want %s"):format(in_words(problem), ours.id) end
  local at = place(problem.line, problem.column)
  if ours.at ~= "" and ours.at ~= at then return ("got %s, want it at %s"):format(in_words(problem), ours.at) end
  local other = place(problem.other_line, problem.other_column)
  if ours.other ~= "" and ours.other ~= other then return ("the other place is %s, want %s"):format(other, ours.other) end
end

local function check(case, answer)
  if not answer then return "kubectl was never asked; run `make judge`" end
  local documents, problem = tables.read(tables.text(case))
  local got = documents and tables.answer(documents)
  if case.ours then return expect_ours(case.ours, answer, got, problem) end
  if answer.unread then return "kubectl's answer could not be read: " .. answer.unread end
  if answer.refused == nil then return expect_value(answer.is, got, problem) end
  if documents then return ("got %s, kubectl says: %s"):format(tables.show(got), answer.refused) end
end

local passed, failed = 0, 0

local function report(name, why)
  if not why then passed = passed + 1
  else
    failed = failed + 1
    print(("not ok %s: %s"):format(name, why))
  end
end

for _, t in ipairs(tables.all) do
  if t.name == (only_table or t.name) then
    local answers = tables.answers(t.name)
    for _, case in ipairs(t.cases()) do
      if #only == 0 or only[case.name] then report(t.name .. ": " .. case.name, check(case, answers[case.name])) end
      answers[case.name] = nil
    end
    for name in pairs(answers) do report(t.name .. ": " .. name, "an answer without a case; run `make judge`") end
  end
end
print(("judge: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
