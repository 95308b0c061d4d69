-- Failures that nobody hears of: of a command before another, and of what stands before a pipe.
local walk = include "walk.lua"

local failures = {}

local function set_of(words)
  local set = {}
  for word in words:gmatch "%S+" do set[word] = true end
  return set
end

-- Commands that do not fail, or whose status is an answer.
local TRIVIAL = set_of(": true false echo printf set shopt export readonly local declare typeset unset umask trap shift test [ exit " ..
  "return break continue wait read sleep alias ulimit exec")

-- Before a pipe: text tools as well, whose input is what counts.
local TOOLS = set_of(": true false echo printf yes seq grep egrep fgrep sed awk cut tr sort uniq head tail wc ls ps env printenv " ..
  "date find id hostname df du basename dirname tee xargs jq rev nl column test [")

-- Behind a pipe: these end before their input does, or ask a question.
local ASKING = set_of "grep egrep fgrep head read"

-- Applies `set -e`, `set -o pipefail` and the like to the state { errexit, pipefail }.
local function apply_set(command, state)
  if walk.name(command) ~= "set" then return end
  local takes_name
  for i = 2, #command.words do
    local word = command.words[i].value or ""
    local sign, letters = word:match "^([-+])(%a+)$"
    if takes_name then
      if word == "errexit" or word == "pipefail" then state[word] = takes_name == "-" end
      takes_name = nil
    elseif sign then
      if letters:find("e", 1, true) then state.errexit = sign == "-" end
      takes_name = letters:find("o", 1, true) and sign
    end
  end
end

local matters_list

-- Whether a command's failure would be missed.
local function matters(command)
  if command.kind == "simple" then
    if command.words[1] then return not TRIVIAL[walk.name(command) or ""] end
    for _, assign in ipairs(command.assigns) do
      for _, expansion in ipairs(assign.word and assign.word.expansions or {}) do
        if expansion.list and matters_list(expansion.list) then return true end
      end
    end
    return false
  end
  if command.kind == "function" then return false end
  for i = (command.kind == "while" or command.kind == "until") and 2 or 1, #(command.lists or {}) do
    local is_condition = command.kind == "if" and i % 2 == 1 and i < 2 * command.conditions
    if not is_condition and matters_list(command.lists[i]) then return true end
  end
  return false
end

-- The command of a statement whose failure would be missed, or nil: what has an `||` takes care of itself.
local function risky(statement)
  if statement.background then return nil end
  for _, op in ipairs(statement.ops) do
    if op == "||" then return nil end
  end
  for _, pipeline in ipairs(statement.pipelines) do
    local last = pipeline.commands[#pipeline.commands]
    if last and not pipeline.negated and matters(last) then return last end
  end
end

function matters_list(list)
  for _, statement in ipairs(list) do
    if risky(statement) then return true end
  end
  return false
end

-- Whether a statement asks for the status of the one before.
local function asks_status(text, statement, following)
  return text:sub(statement.pos, following and following.pos - 1 or #text):find("$?", 1, true) ~= nil
end

-- lost(text, list, state) -> the first command after which the text goes on though it failed, or nil
function failures.lost(text, list, state)
  state = { errexit = state.errexit, pipefail = state.pipefail }
  local only = #list == 1 and #list[1].pipelines == 1 and list[1].pipelines[1].commands[1]
  if only and (only.kind == "group" or only.kind == "subshell") then return failures.lost(text, only.lists[1], state) end
  for i, statement in ipairs(list) do
    for _, pipeline in ipairs(statement.pipelines) do
      for _, command in ipairs(pipeline.commands) do apply_set(command, state) end
    end
    local command = not state.errexit and list[i + 1] and risky(statement)
    if command and not asks_status(text, list[i + 1], list[i + 2]) then return command end
  end
end

local function sets_pipefail(list)
  local state = {}
  walk.all(list, { command = function(command) apply_set(command, state) end })
  return state.pipefail
end

-- lost_in_pipes(list, state) -> list of { command, last }: commands whose failure the last one of their pipeline hides
function failures.lost_in_pipes(list, state)
  local found = {}
  if state.pipefail or sets_pipefail(list) then return found end
  walk.all(list, { pipeline = function(pipeline, in_condition)
    local last = pipeline.commands[#pipeline.commands]
    if in_condition or pipeline.negated or #pipeline.commands < 2 or ASKING[walk.name(last) or ""] then return end
    for i = 1, #pipeline.commands - 1 do
      local command = pipeline.commands[i]
      if command.kind == "simple" and command.words[1] and not TOOLS[walk.name(command) or ""] then
        found[#found + 1] = { command = command, last = last }
        return
      end
    end
  end })
  return found
end

return failures
