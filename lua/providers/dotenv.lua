-- The provider `dotenv`: variables from files of lines NAME=VALUE, as docker, compose and the libraries of many languages read them.
-- Switched on in moonstep.yaml:
--
--   providers:
--     dotenv:
--       files: [.env, .env.local]     relative to moonstep.yaml; a later one goes before an earlier one
--       names: [DB_*]                 which variables it may answer (default: all that the files have)
--       secret: [DB_PASSWORD]         which of the variables are secret, or globs with *
--
--   # a comment                       what a file may hold
--   export DB_HOST=db.example         `export` counts for nothing; there may be spaces round the `=`
--   DB_USER=backup # who              without quotes: to the end of the line, or a `#` behind a space
--   DB_PASSWORD='pa$$ # word'         in single quotes all is text, over several lines too
--   BANNER="first\nsecond"            in double quotes \n \r \t \" \\ \$ stand for what they do in a shell; other backslashes stay
--
-- Of a name that is given twice, the last one counts. A line that is none of these is an error, with its number. Where programs differ:
-- nothing is put in for $NAME or ${NAME}, which compose and others do; quotes count, which docker's --env-file keeps as they are; a name
-- without `=`, which docker takes from the environment, is an error, and so are values in backquotes and `NAME: VALUE`.

local ESCAPES = { n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["$"] = "$" }

if not (settings.files and settings.files[1]) then error("the provider dotenv needs the files that it reads: files: [.env]", 0) end

-- --- one file

-- The number of the line that a place of the text is in.
local function line_of(text, at)
  local _, count = text:sub(1, at - 1):gsub("\n", "")
  return count + 1
end

-- Where the quote that closes is, or nil.
local function closing(text, at, quote)
  if quote == "'" then return text:find("'", at, true) end
  while true do
    local found = text:find('["\\]', at)
    if not found or text:sub(found, found) == '"' then return found end
    at = found + 2
  end
end

local function without_escapes(text)
  return (text:gsub("\\(.)", function(c) return ESCAPES[c] end))
end

-- The value that begins at a place, and where the line goes on; or nil and what is wrong.
local function read_value(text, at)
  local quote = text:match("^[\"'`]", at)
  if quote == "`" then return nil, "values do not stand in backquotes; single quotes do the same" end
  if not quote then
    local line = text:match("^[^\n]*", at)
    local value = (" " .. line):gsub("[ \t]#.*$", ""):gsub("^[ \t]+", ""):match "^.*[^ \t\r]"
    return value or "", at + #line
  end
  local stop = closing(text, at + 1, quote)
  if not stop then return nil, ("the value has no closing %s"):format(quote) end
  local value = text:sub(at + 1, stop - 1)
  return quote == '"' and without_escapes(value) or value, stop + 1
end

-- Reads one line, which begins at a place and is neither empty nor a comment. Returns name, value and where it ends, or nil and what is
-- wrong.
local function read_line(text, at)
  local name, start = text:match("^([%a_][%w_.-]*)[ \t]*=[ \t]*()", at)
  if not name then
    if text:find("^[%a_][%w_.-]*[ \t\r]*%f[\n\0]", at) then return nil, "the name has no value: NAME=VALUE" end
    return nil, "the line is not NAME=VALUE"
  end
  local value, after = read_value(text, start)
  if not value then return nil, after end
  local rest, stop = text:match("^[ \t]*([^\n]*)()", after)
  if rest:gsub("\r$", "") ~= "" and not rest:find "^#" then return nil, "there is something behind the closing quote" end
  return name, value, stop
end

-- Adds the variables of a file.
local function read_file(path, variables)
  local text = files.read(path)
  if not text then error(("cannot read %s: there is no such file"):format(path), 0) end
  if not utf8.len(text) or text:find("\0", 1, true) then error(path .. " is no text: it has bytes that are no UTF-8, or NULs", 0) end
  text = text:gsub("^\u{feff}", "")
  local at = 1
  while true do
    at = text:match("^%s*()", at)
    if at > #text then return end
    if text:sub(at, at) == "#" then at = text:match("^[^\n]*()", at)
    else
      local exported = text:match("^export[ \t]+()", at)
      local name, value, stop = read_line(text, exported or at)
      if not name then error(("%s:%d: %s"):format(path, line_of(text, at), value), 0) end
      variables[name], at = value, stop
    end
  end
end

-- --- the provider

local variables

provider "dotenv" {
  summary = "variables from files of lines NAME=VALUE",
  variables = settings.names or { "*" },
  secret = settings.secret,
  resolve = function(name)
    if not variables then
      local all = {}
      for _, path in ipairs(settings.files) do read_file(path, all) end
      variables = all
    end
    return variables[name]
  end,
}
