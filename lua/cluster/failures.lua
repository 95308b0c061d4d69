-- Which targets of a batch were not complete at its end: failed.ndjson in the folder of its queue, for `run --targets --failed`.
--
--   {"target":"shop/orders"}        a line each, by the namespace and name of its row
--
--   failures.of(shard or nil) -> what the file is called; a shard has its own
--   failures.read(folder, file) -> { title -> true } | nil: there are none
--   failures.write(folder, file, titles) -> true | nil, problem       where there are none, the file goes
--
-- Nothing else is kept of a batch that has ended: neither objects nor secrets, and what is run again is rendered again.
local json = require "kube.json"
local manifest = require "batch.manifest"

local failures = {}

function failures.of(shard) return (manifest.names(shard):gsub("^manifest", "failed")) end

function failures.read(folder, file)
  local opened = folder:read(file)
  if not opened then return nil end
  local titles = {}
  for line in manifest.lines(opened) do
    local title = json.decode(line).target
    if type(title) == "string" then titles[title] = true end
  end
  opened:close()
  return next(titles) and titles or nil
end

function failures.write(folder, file, titles)
  if not titles[1] then return folder:remove(file) or true end
  local journal, problem = folder:journal(file)
  if not journal then return nil, problem end
  local ok, why = journal:cut(0), nil
  for _, title in ipairs(titles) do
    if ok then ok, why = journal:add(json.encode { target = title } .. "\n") end
  end
  journal:close()
  if ok then return true end
  return nil, { message = ("cannot write %s%s"):format(file, why and ": " .. why or "") }
end

return failures
