-- Expansions that are split at blanks, and whose `*`, `?` and `[` become names of files.
--
-- Not counted: assignments, case, [[ … ]], here-documents, the names of commands, the lists of `for` (there it is meant), numbers, and
-- variables that the text itself gives nothing but plain words.
local walk = include "walk.lua"

local NUMBERS = { ["#"] = true, ["?"] = true, ["$"] = true, ["!"] = true, ["-"] = true }

local function is_plain(text) return text:find "^[%w_./:@%%+,=-]*$" ~= nil end

-- Whether a word can be nothing but plain text.
local function is_plain_word(word)
  if word.value then return is_plain(word.value) end
  for _, expansion in ipairs(word.expansions) do
    local is_number = expansion.kind == "arithmetic" or expansion.kind == "parameter" and NUMBERS[expansion.name]
    if not is_number then return false end
  end
  return is_plain((word.source:gsub("%$[#?$!-]", ""):gsub("%$%b()", ""):gsub('"', "")))
end

-- The variables that the text assigns: name -> whether only plain words.
local function plain_variables(list)
  local plain = {}
  local function assign(name, word) plain[name] = plain[name] ~= false and word ~= nil and is_plain_word(word) end
  walk.all(list, { command = function(command)
    for _, each in ipairs(command.assigns or {}) do assign(each.name, each.word) end
    for _, word in ipairs((command.kind == "for" or command.kind == "select") and command.words or {}) do assign(command.name, word) end
    if walk.name(command) == "read" then
      for i = 2, #command.words do
        if command.words[i].value then plain[command.words[i].value] = false end
      end
    end
  end })
  return plain
end

-- $(NAME) is what Kubernetes puts in, where the environment has such a name.
local function is_kubernetes(expansion) return expansion.source:find "^%$%([%u_][%u%d_]*%)$" ~= nil end

-- Enters the expansions of a word that are split.
local function collect(expansions, plain, found)
  for _, expansion in ipairs(expansions) do
    if not expansion.quoted then
      if expansion.kind == "parameter" then
        if expansion.op == "+" or expansion.op == ":+" then collect(expansion.inner, plain, found)
        elseif not NUMBERS[expansion.name] and not plain[expansion.name] then found[#found + 1] = expansion end
      elseif expansion.kind ~= "arithmetic" and #expansion.list > 0 and not is_kubernetes(expansion) then
        found[#found + 1] = expansion
      end
    end
  end
end

-- unquoted(list, is bash) -> list of expansions
return function(list, is_bash)
  local plain, found = plain_variables(list), {}
  walk.all(list, { command = function(command)
    for i, word in ipairs(command.kind == "simple" and command.words or {}) do
      local is_name = i == 1 and word.expansions[1] and word.expansions[1].kind == "parameter"
      if not is_name then collect(word.expansions, plain, found) end
    end
    for _, word in ipairs(command.kind == "for" and command.words or {}) do
      for _, expansion in ipairs(word.expansions) do
        if not expansion.quoted and expansion.kind == "parameter" and expansion.name == "@" then found[#found + 1] = expansion end
      end
    end
    for _, assign in ipairs(command.assigns or {}) do
      for _, word in ipairs(assign.items or {}) do collect(word.expansions, plain, found) end
    end
    for _, redirect in ipairs(is_bash and command.redirects or {}) do -- sh does not split here
      if redirect.word and redirect.op ~= "<<<" then collect(redirect.word.expansions, plain, found) end
    end
  end })
  return found
end
