-- Which words of a container's command line are shell text, and how the shell was told to run it.
--
-- Words are asked about and not read, so that what a rule remembers does not hang on a text that differs from Job to Job.
local command = {}

-- The dialects of shells: bash reads more than sh, the others more again.
local SHELLS = { sh = "sh", ash = "sh", dash = "sh", bash = "bash", ksh = "other", mksh = "other", zsh = "other" }

-- Programs that run what is named behind them.
local STARTS = {}
for name in ("env busybox tini dumb-init timeout nice ionice nohup sudo su-exec gosu exec time stdbuf setpriv chroot chpst kubectl " ..
  "docker flock xargs catatonit"):gmatch "%S+" do
  STARTS[name] = true
end

-- Questions: what a word is where a program is expected, and where a shell's options are.
local function program(word)
  if type(word) ~= "string" then return nil end
  local name = word:match "[^/]*$"
  return SHELLS[name] or STARTS[name] and "starts" or nil
end

-- The letters of an option with its sign, "--" for a long one, nil for a word of another kind.
local function option_letters(word)
  if type(word) ~= "string" then return nil end
  if word:sub(1, 2) == "--" then return word == "--" and "end" or "--" end
  return word:match "^[-+]%a+$"
end

local function option_name(word) return (word == "errexit" or word == "pipefail") and word or nil end

-- Reads a shell's options from the i-th word on: the number of the word that is its text, or nil, and what the options switch on.
local function read_options(word_at, i)
  local state, has_text = { errexit = false, pipefail = false }, false
  while true do
    local letters = word_at(i, option_letters)
    if not letters or letters == "end" then
      return has_text and (letters and i + 1 or i) or nil, state
    end
    local is_on = letters:sub(1, 1) == "-"
    i = i + 1
    if letters ~= "--" then
      has_text = has_text or is_on and letters:find("c", 1, true) ~= nil
      if letters:find("e", 1, true) then state.errexit = is_on end
      if letters:find "[oO]" then
        local name = word_at(i, option_name)
        if name then state[name] = is_on end
        i = i + 1
      end
    end
  end
end

-- find(lists) -> { list, key, dialect, errexit, pipefail } of the shell text in a command line that stands in one or two lists of words, or
-- nil when it has none.
function command.find(lists)
  local count = 0
  for _, list in ipairs(lists) do count = count + #list end
  local function place(i)
    local first = #lists[1]
    if i <= first then return lists[1], i end
    return lists[2], i - first
  end
  local function word_at(i, question)
    if i > count then return nil end
    local list, key = place(i)
    return ask(list, key, question)
  end
  for i = 1, count do
    local what = word_at(i, program)
    if i == 1 and not what then return nil end
    local text, state
    if what and what ~= "starts" then text, state = read_options(word_at, i + 1) end
    if text and text <= count then
      local list, key = place(text)
      return { list = list, key = key, dialect = what, errexit = state.errexit, pipefail = state.pipefail }
    end
    if i == 1 and what ~= "starts" then return nil end
  end
end

return command
