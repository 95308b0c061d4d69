-- Going through what grammar.lua read.
local walk = {}

local each_list

-- Calls visit.command for the commands inside expansions.
local function each_expansion(expansions, visit)
  for _, expansion in ipairs(expansions or {}) do
    if expansion.list then each_list(expansion.list, visit, false) end
    each_expansion(expansion.inner, visit)
  end
end

local function each_word(list, visit)
  for _, word in ipairs(list or {}) do each_expansion(word.expansions, visit) end
end

-- The expansions of a command's own words, which may hold commands.
local function within(command, visit)
  each_word(command.words, visit)
  each_word(command.patterns, visit)
  if command.word then each_expansion(command.word.expansions, visit) end
  each_expansion(command.expansions, visit)
  for _, assign in ipairs(command.assigns or {}) do
    if assign.word then each_expansion(assign.word.expansions, visit) end
    each_word(assign.items, visit)
  end
  for _, redirect in ipairs(command.redirects or {}) do
    if redirect.word then each_expansion(redirect.word.expansions, visit) end
    each_expansion(redirect.heredoc and redirect.heredoc.body, visit)
  end
end

-- Whether a list of a compound command only decides what is run next.
local function is_condition(command, i)
  if command.kind == "if" then return i % 2 == 1 and i < 2 * command.conditions end
  return i == 1 and (command.kind == "while" or command.kind == "until")
end

local function each_command(command, visit, in_condition)
  if visit.command then visit.command(command) end
  within(command, visit)
  for i, list in ipairs(command.lists or {}) do each_list(list, visit, in_condition or is_condition(command, i)) end
  if command.body then each_command(command.body, visit, false) end
end

function each_list(list, visit, in_condition)
  for _, statement in ipairs(list) do
    for _, pipeline in ipairs(statement.pipelines) do
      if visit.pipeline then visit.pipeline(pipeline, in_condition) end
      for _, command in ipairs(pipeline.commands) do each_command(command, visit, in_condition) end
    end
  end
end

-- all(list, { command = f(command), pipeline = f(pipeline, in_condition) }): calls them for everything in a list, however deep.
function walk.all(list, visit) each_list(list, visit, false) end

-- The name that a simple command is called by, without folders, or nil when that is computed.
function walk.name(command)
  local first = command.kind == "simple" and command.words[1]
  return first and first.value and first.value:match "[^/]*$" or nil
end

-- A command's name in messages.
function walk.shown(command)
  local name = walk.name(command)
  if name and #name <= 40 and name:find "^[%w._+-]+$" then return name end
  return "a command"
end

return walk
