-- Which Task a target is rendered with, and with which parameters.
--
-- The invoker names a Task; an AppBinding that is the target may bring one along for backup and one for restore. Parameters of
-- the invoker are put over the AppBinding's.
local decode = require "documents.decode"
local kinds = require "documents.kinds"
local place = require "base.place"
local value = require "base.value"

local task = {}

-- True when the reference names an AppBinding that may hold a Task, of whatever version.
function task.is_appbinding(ref)
  return ref and ref.kind == "AppBinding" and kinds.group_version(ref.apiVersion or "") == "appcatalog.appscode.com"
end

-- The addon of an AppBinding: { backupTask, restoreTask }, or nil and why its parameters cannot be read.
local function addon_of(entry)
  local parameters = value.get(entry.value, "spec", "parameters")
  if parameters == nil then return {} end
  local why
  local ok = decode.value({ table = entry.value.spec, key = "parameters", path = "spec.parameters", type = "StashParameters",
    kind = "AppBinding" }, function(d) why = why or d end)
  if not ok then return nil, why end
  return value.get(parameters, "stash", "addon") or {}
end

-- Enters a parameter under its name; the map knows where its value was written.
local function put(map, param)
  local name = param.name or ""
  map[name] = param.value or ""
  place.from(map, name, param, "value")
end

local function as_map(list)
  local map = {}
  for _, param in ipairs(list or {}) do put(map, param) end
  return map
end

-- The given parameters over those of the list whose name they do not use; of two of the list with one name the first counts.
local function put_over(given, list)
  local map = {}
  for i = #(list or {}), 1, -1 do put(map, list[i]) end
  for _, param in ipairs(given) do put(map, param) end
  return map
end

-- choose(target, appbinding entry or nil, accidents) -> { name, params, place } | nil, diagnostic. The name may be empty. With
-- `accidents`, a restore that gives parameters gets the AppBinding's backup parameters, as in the original, else those for
-- restores.
function task.choose(target, appbinding, accidents)
  local addon, why = {}, nil
  if appbinding then addon, why = addon_of(appbinding) end
  if not addon then return nil, why end
  local of_direction = addon[target.direction == "backup" and "backupTask" or "restoreTask"] or {}
  local given = target.spec.task or {}
  local chosen = { name = of_direction.name or "" }
  if chosen.name ~= "" then chosen.place = place.of(of_direction, "name") end
  if not value.is_empty(given.name) then
    chosen.name = given.name
    chosen.place = target.invoker and place.of(given, "name")
  elseif not chosen.place and target.invoker then chosen.place = place.of(target.spec) end
  if value.is_empty(given.params) then chosen.params = as_map(of_direction.params)
  else
    local source = accidents and addon.backupTask or of_direction
    chosen.params = put_over(given.params, source and source.params)
  end
  return chosen
end

return task
