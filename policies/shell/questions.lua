-- What the rules ask about a text: one question a rule, dialect and way the shell is run.
--
-- An answer is nil when all is well, else messages, a line each. So a rule that asked about ten thousand texts and got nil each time
-- has seen one and the same thing.
local dangers = include "dangers.lua"
local failures = include "failures.lua"
local parse = include "grammar.lua"
local secrets = include "../secrets.lua"
local unquoted = include "unquoted.lua"
local walk = include "walk.lua"
local written = include "written.lua"

local LONGEST = 64 << 10 -- bytes of a text that are looked at
local MOST_REMEMBERED = 50

-- What was read of the last texts; several rules ask about each.
local remembered, count = {}, 0

-- read(text, whether it is a Function's) -> { text, refs, parsed | problem }, or nil when it is none that can be judged
local function read(text, is_written)
  if type(text) ~= "string" or #text > LONGEST or text:find("\1", 1, true) then return nil end
  local key = (is_written and "w" or "-") .. text
  local found = remembered[key]
  if found then return found end
  if count == MOST_REMEMBERED then remembered, count = {}, 0 end
  local refs
  if is_written then text, refs = written.read(text) end
  found = { text = text, refs = refs or {} }
  found.parsed, found.problem = parse(text)
  remembered[key], count = found, count + 1
  return found
end

-- Messages of findings at places of the text, each once; with the line's number where there are several.
local function messages(text, list, message_of)
  local lines, seen = {}, {}
  local has_lines = text:find("\n", 1, true) and true
  for _, each in ipairs(list) do
    local message = message_of(each):gsub("[\1\n]", " ")
    if not seen[message] then
      seen[message] = true
      local number = has_lines and select(2, text:sub(1, each.pos - 1):gsub("\n", "")) + 1
      lines[#lines + 1] = number and ("line %d: %s"):format(number, message) or message
    end
  end
  return lines[1] and table.concat(lines, "\n")
end

local LONGEST_SHOWN = 40

local function shown(source)
  source = source:gsub("%s+", " "):gsub("\1", "…")
  return #source <= LONGEST_SHOWN and source or source:sub(1, LONGEST_SHOWN - 3):gsub("[\128-\255]*$", "") .. "..."
end

-- Each rule's messages for what was read; `how` is { dialect, errexit, pipefail }.
local answers = {}

function answers.syntax(found, how)
  local problem = found.problem
  if not problem and how.dialect == "bash" and found.parsed and found.parsed.dash_only then
    problem = { pos = found.parsed.dash_only, message = "bash does not read this" }
  end
  if not problem or how.dialect == "other" then return nil end
  return messages(found.text, { problem }, function(each) return "the shell cannot read this text: " .. each.message end)
end

function answers.bashism(found, how)
  local hard = {}
  for _, each in ipairs(how.dialect == "sh" and found.parsed and found.parsed.bashisms or {}) do
    if each.hard or each.what == "[[" or each.what == "((" or each.what == "arrays" or each.what:find "^%${" then hard[#hard + 1] = each end
  end
  return messages(found.text, hard, function(each) return ("%s is bash's, and this text is for sh"):format(each.what) end)
end

function answers.unquoted(found, how)
  if not found.parsed then return nil end
  return messages(found.text, unquoted(found.parsed.list, how.dialect ~= "sh"), function(each)
    return shown(each.source) .. " is not quoted: it is split at blanks, and * in it becomes names of files"
  end)
end

answers["no-errexit"] = function(found, how)
  local command = found.parsed and failures.lost(found.text, found.parsed.list, how)
  return command and messages(found.text, { command }, function(each)
    return ("the text goes on when %s fails, and its status is that of the last command"):format(walk.shown(each))
  end)
end

answers["no-pipefail"] = function(found, how)
  if not found.parsed then return nil end
  local lost = failures.lost_in_pipes(found.parsed.list, how)
  for _, each in ipairs(lost) do each.pos = each.command.pos end
  return messages(found.text, lost, function(each)
    return ("a failure of %s is lost: the pipeline's status is that of %s"):format(walk.shown(each.command), walk.shown(each.last))
  end)
end

answers["curl-pipe-shell"] = function(found)
  return found.parsed and messages(found.text, dangers.fetched(found.parsed.list), function(each)
    return ("what %s fetches is run by %s as it comes"):format(each.by, each.runs)
  end)
end

answers["secret-in-text"] = function(found)
  local list = found.parsed and dangers.secrets_in(found.parsed.list) or {}
  local what = secrets.in_text(found.text)
  if what then list[#list + 1] = { pos = 1, what = what } end
  return messages(found.text, list, function(each) return each.what .. " is written down" end)
end

-- Names that Kubernetes would put in: $(NAME), unless it is escaped as $$(NAME).
function answers.references(found)
  local names = {}
  for dollars, name in found.text:gmatch "(%$+)%(([%a_][%w_.-]*)%)" do
    if #dollars % 2 == 1 then names[#names + 1] = name end
  end
  return names[1] and table.concat(names, "\n")
end

-- The variables of a Function's text, a line each: the context, a blank, the expression as it is written. The context is plain, double,
-- single, command, arithmetic, or unknown.
function answers.variables(found)
  local lines = {}
  for i, ref in ipairs(found.refs) do
    local context = found.parsed and found.parsed.marks[ref.at] or "unknown"
    lines[i] = context .. " " .. ref.source:gsub("\n", " ")
  end
  return lines[1] and table.concat(lines, "\n")
end

-- questions[rule][mode] is the question for texts of that mode.
local questions = {}

local function mode_of(text, is_written)
  return table.concat({ text.dialect, text.errexit and "e" or "", text.pipefail and "p" or "", is_written and "w" or "" }, " ")
end

local function declare(answer, how, is_written)
  return function(text)
    local found = read(text, is_written)
    return found and answer(found, how)
  end
end

for name, answer in pairs(answers) do
  questions[name] = {}
  for _, dialect in ipairs { "sh", "bash", "other" } do
    for bits = 0, 7 do
      local how = { dialect = dialect, errexit = bits & 1 ~= 0, pipefail = bits & 2 ~= 0 }
      questions[name][mode_of(how, bits & 4 ~= 0)] = declare(answer, how, bits & 4 ~= 0)
    end
  end
end

-- ask about a text that command.find found
local function about(name, text, is_written) return ask(text.list, text.key, questions[name][mode_of(text, is_written)]) end

return about
