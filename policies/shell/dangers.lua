-- Programs that are fetched and run at once, and secrets in the text.
local secrets = include "../secrets.lua"
local walk = include "walk.lua"

local dangers = {}

local FETCHES = { curl = true, wget = true, fetch = true, aria2c = true }
local INTERPRETERS = { sh = true, bash = true, ash = true, dash = true, ksh = true, zsh = true, python = true, python3 = true, perl = true,
  ruby = true, node = true, php = true }
local STARTS = { sudo = true, env = true, exec = true, nohup = true, command = true, busybox = true }
local RUNS_TEXT = { eval = true, ["."] = true, source = true }

-- The name of what a command runs in the end: of `sudo -E bash` it is bash.
local function program_of(command)
  local name = walk.name(command)
  if not name or not STARTS[name] then return name, 1 end
  for i = 2, #command.words do
    local word = command.words[i].value
    if not word then return nil end
    if not word:find "^-" and not word:find "^[%a_][%w_]*=" then return word:match "[^/]*$", i end
  end
end

-- Whether an interpreter reads its program from the standard input: it is given no file.
local function reads_input(command)
  local name, at = program_of(command)
  if not name or not INTERPRETERS[name] then return false end
  local behind = command.words[at + 1]
  if not behind then return true end
  for i = at + 1, #command.words do
    local word = command.words[i].value
    if word == "-" or word == "-s" or word == "/dev/stdin" or word == "--" then return true end
    if not word or not word:find "^-" then return false end
    if word:find "^%-[ecm]$" then return false end
  end
  return true
end

local function fetches(list)
  local found = false
  walk.all(list, { command = function(command) found = found or FETCHES[program_of(command) or ""] or false end })
  return found
end

-- Whether a word is, in part, what was fetched.
local function holds_fetched(word)
  for _, expansion in ipairs(word.expansions) do
    if expansion.list and fetches(expansion.list) then return true end
  end
  return false
end

-- Whether the command runs one of its words as a program: eval "$(curl …)", sh -c "$(curl …)", bash <(curl …).
local function runs_fetched(command)
  local name, at = program_of(command)
  if not name or not (INTERPRETERS[name] or RUNS_TEXT[name]) then return false end
  for i = at + 1, #command.words do
    if holds_fetched(command.words[i]) then return true end
  end
  return false
end

-- fetched(list) -> list of { pos, by, runs }: what is run as it comes from the network
function dangers.fetched(list)
  local found = {}
  walk.all(list, {
    pipeline = function(pipeline)
      local from
      for _, command in ipairs(pipeline.commands) do
        if command.kind == "simple" then
          if from and reads_input(command) then
            found[#found + 1] = { pos = pipeline.pos, by = from, runs = program_of(command) }
            return
          end
          local name = program_of(command)
          from = from or FETCHES[name or ""] and name
        end
      end
    end,
    command = function(command)
      if command.kind == "simple" and runs_fetched(command) then
        found[#found + 1] = { pos = command.pos, by = "a download", runs = program_of(command) }
      end
    end,
  })
  return found
end

-- --- secrets

local MYSQL = { mysql = true, mysqldump = true, mysqladmin = true, mariadb = true, ["mariadb-dump"] = true,
  mysqlimport = true, xtrabackup = true }

-- What a command's word gives away, in words; `before` is the word in front of it.
local function secret_word(name, word, before)
  local v = word.value
  if not v then return nil end
  local option = secrets.in_argument(v)
  if type(option) == "string" then return "the value of --" .. option end
  local is_value = before and secrets.in_argument(before) == true
  if is_value and v:sub(1, 1) ~= "-" and secrets.is_literal(v) then return "the value of " .. before end
  if MYSQL[name] and v:find "^%-p." then return "the password behind -p" end
  if name == "sshpass" and before == "-p" then return "the password behind -p" end
  if name == "curl" and (before == "-u" or before == "--user") and v:find ":." then return "the password behind " .. before end
  local token = v:match "^[Aa]uthorization: *%a+ +(%S+)"
  if token and secrets.is_literal(token) then return "an Authorization header" end
end

-- secrets_in(list) -> list of { pos, what }
function dangers.secrets_in(list)
  local found = {}
  walk.all(list, { command = function(command)
    for _, assign in ipairs(command.assigns or {}) do
      local v = assign.word and assign.word.value
      if v and secrets.is_name(assign.name) and secrets.is_literal_env(v) then
        found[#found + 1] = { pos = assign.pos, what = "the value of " .. assign.name }
      end
    end
    local name = walk.name(command)
    for i = 2, name and #command.words or 0 do
      local what = secret_word(name, command.words[i], command.words[i - 1].value)
      if what then found[#found + 1] = { pos = command.words[i].pos, what = what } end
    end
  end })
  return found
end

return dangers
