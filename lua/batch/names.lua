-- What the files of a batch are called: a pattern such as {namespace}/{name}.yaml, filled for each target.
--
-- Names are relative to the folder of the batch and never lead out of it: no part is empty, `.` or `..`, and what is put in is no path.
local diag = require "base.diag"
local near = require "base.near"

local names = {}

names.usual = "{namespace}/{name}.yaml"

local PLACEHOLDERS = { "namespace", "name", "task", "kind", "index" }
local MOST_BYTES = 255 -- of a part, as file systems have it

local KNOWN = {}
for _, name in ipairs(PLACEHOLDERS) do KNOWN[name] = true end

-- Why a path is none for a file of the folder, or nil.
local function wrong_path(path)
  if path == "" then return "it is empty" end
  if path:find "%c" or not diag.is_visible(path) then return "it holds characters that names of files should not" end
  if path:sub(1, 1) == "/" then return "it is an absolute path" end
  for part in (path .. "/"):gmatch "([^/]*)/" do
    if part == "" then return "a part of it is empty" end
    if part == "." or part == ".." then return ("its part %s leads out of the folder, or nowhere"):format(part) end
    if #part > MOST_BYTES then return ("a part of it is longer than %d bytes"):format(MOST_BYTES) end
    if part:find "^%.moonstep%-" then return "names that begin with .moonstep- are taken" end
  end
  if path:find "^manifest%.ndjson" or path:find "^manifest%-%d+%-of%-%d+%.ndjson" then return "manifests are lists of all of them" end
end

-- parse(text) -> pattern | nil, message
function names.parse(text)
  for name in text:gmatch "{([^{}]*)}" do
    if not KNOWN[name] then
      local meant = near(name, PLACEHOLDERS)
      return nil, ("--out-name: there is no {%s}; there is {%s}%s"):format(name, table.concat(PLACEHOLDERS, "}, {"),
        meant and ("; did you mean {%s}?"):format(meant) or "")
    end
  end
  if text:gsub("{%a+}", ""):find "[{}]" then return nil, ("--out-name %s: a { or } is left over"):format(diag.visible(text)) end
  local why = wrong_path((text:gsub("{%a+}", "x")))
  if why then return nil, ("--out-name %s: %s"):format(diag.visible(text), why) end
  return text
end

-- fill(pattern, target) -> name of its file | nil, why there is none; `target` has a value for each placeholder.
function names.fill(pattern, target)
  local why
  local path = pattern:gsub("{(%a+)}", function(name)
    local v = tostring(target[name])
    if v == "" or v:find "/" then why = ("{%s} is %q, which is no part of a path"):format(name, v) end
    return v
  end)
  why = why or wrong_path(path)
  if why then return nil, why end
  return path
end

-- chunk(number, format) -> name of the file with so many targets, from 1
function names.chunk(number, format) return ("part-%05d.%s"):format(number, format) end

return names
