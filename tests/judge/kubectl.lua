-- Asking kubectl what it reads a text as. It needs no cluster for this: `annotate --local` prints what it was given as JSON.
local shell = dofile "tests/lib/shell.lua"
local tables = dofile "tests/judge/tables.lua"

local kubectl = {}

-- version() -> string | nil when there is no kubectl
function kubectl.version()
  local out, _, status = shell.run "KUBECONFIG=/dev/null kubectl version --client"
  return status == 0 and out:match "v%d+%.%d+%.%d+" or nil
end

-- The annotation is what we asked for, not what stood there.
local function without_annotation(object)
  local metadata = object.metadata
  metadata.annotations["asked-by"] = nil
  if next(metadata.annotations) == nil then metadata.annotations = nil end
end

-- read(text) -> list of objects | nil, kubectl's message | nil, why we cannot read what it printed, true
function kubectl.read(text)
  local out, err, status = shell.run("KUBECONFIG=/dev/null kubectl annotate --local -f - asked-by=judge -o json", text)
  if status ~= 0 then return nil, (err:gsub("^error: ", ""):gsub("\n.*", "")) end
  local objects, problem = tables.read(out)
  if not objects then return nil, problem.message, true end
  for _, object in ipairs(objects) do without_annotation(object) end
  return objects
end

-- Asks for items[first..last] in one call: each is a document of its own, whose object is named c1, c2, ... In the end
-- answer(item, object | nil, message) has been called for each. An error says nothing about the rest, so then each half
-- is asked again.
local function ask(items, first, last, text_of, answer)
  if last < first then return end
  local parts = {}
  for i = first, last do parts[#parts + 1] = text_of(items[i], "c" .. i) end
  local objects, message, ours = kubectl.read(table.concat(parts, "---\n"))
  local good = objects and #objects == last - first + 1
  for i = first, last do good = good and objects[i - first + 1].metadata.name == "c" .. i end
  if good then
    for i = first, last do answer(items[i], objects[i - first + 1]) end
  elseif first == last then
    if ours then error(("what kubectl printed cannot be read: %s: %s"):format(message, parts[1])) end
    answer(items[first], nil, message or "this gave something else than one object")
  else
    local middle = (first + last) // 2
    ask(items, first, middle, text_of, answer)
    ask(items, middle + 1, last, text_of, answer)
  end
end

-- each(items, at once, text_of(item, name), answer(item, object | nil, message))
function kubectl.each(items, at_once, text_of, answer)
  for first = 1, #items, at_once do ask(items, first, math.min(first + at_once - 1, #items), text_of, answer) end
end

return kubectl
