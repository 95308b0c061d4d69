-- The verdicts of a real API server on the corpus, as record.lua wrote them: verdicts.txt, a paragraph a place of a base.
--
--   job spec.parallelism
--     -1	no ~
--     0	ok
--     unknown	drops spec.unheardOf
--
-- A verdict is `ok`, `no` with the fields that the server names (~ is the place itself), or `drops` with the first field that is gone in
-- what the server would have stored; a tab stands before it.
local verdicts = {}

local FILE = "tests/policies/kubernetes/verdicts.txt"

-- head(change) -> what a paragraph begins with
local function head(change) return change.base .. " " .. change.path end

function verdicts.id(change) return head(change) .. "\t" .. change.name end

-- read() -> id -> verdict
function verdicts.read()
  local found, under = {}, nil
  for line in io.lines(FILE) do
    local name, verdict = line:match "^  ([^\t]*)\t(.*)$"
    if line:find "^[^ #]" then under = line
    elseif name then found[under .. "\t" .. name] = verdict end
  end
  return found
end

-- write(changes, id -> verdict): the file.
function verdicts.write(changes, by_id, title)
  local out, under = { "# " .. title }, nil
  for _, change in ipairs(changes) do
    if head(change) ~= under then
      under = head(change)
      out[#out + 1] = under
    end
    out[#out + 1] = ("  %s\t%s"):format(change.name, by_id[verdicts.id(change)])
  end
  local file = assert(io.open(FILE, "w"))
  file:write(table.concat(out, "\n"), "\n")
  file:close()
end

return verdicts
