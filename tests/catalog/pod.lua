-- A rendered Job's steps as processes of this machine, one behind the other, as a kubelet would run its containers: the same shell text,
-- the same environment, Secrets by reference and as files, and a folder in the place of each volume. No container, no image: the programs
-- are those of this machine. The last step of the catalogue's Tasks, update-status, is not run.
local shell = dofile "tests/lib/shell.lua"

local pod = {}

-- The paths of a container under which its volumes are: { mount path, folder }, longest first.
local function places_of(container, folders)
  local places = {}
  for _, mount in ipairs(container.volumeMounts) do
    places[#places + 1] = { mount.mountPath, assert(folders[mount.name], "no folder for the volume " .. mount.name) }
  end
  table.sort(places, function(a, b) return #a[1] > #b[1] end)
  return places
end

-- A value with the path that it begins with put where the volume is.
local function moved(v, places)
  for _, place in ipairs(places) do
    if v == place[1] or v:sub(1, #place[1] + 1) == place[1] .. "/" then return place[2] .. v:sub(#place[1] + 1) end
  end
  return v
end

local function value_of(entry, secrets)
  if entry.value then return entry.value end
  local ref = entry.valueFrom.secretKeyRef
  local secret = secrets[ref.name]
  local v = secret and secret[ref.key]
  if not v and not ref.optional then error(("no key %s in the Secret %s"):format(ref.key, ref.name)) end
  return v
end

local function environment_of(container, places, with)
  local words = { "PATH=" .. shell.quote(with.path) }
  for _, entry in ipairs(container.env) do
    local v = value_of(entry, with.secrets)
    if v then words[#words + 1] = entry.name .. "=" .. shell.quote(moved(v, places)) end
  end
  return table.concat(words, " ")
end

-- A text with each path in it put where its volume is.
local function moved_within(text, places) return (text:gsub("/[%w._/-]+", function(path) return moved(path, places) end)) end

local function run_container(container, with)
  local words, places = {}, places_of(container, with.folders)
  for _, word in ipairs(container.command) do words[#words + 1] = shell.quote(word) end
  for _, word in ipairs(container.args) do words[#words + 1] = shell.quote(moved_within(word, places)) end
  local user = with.user and ("setpriv --reuid %d --regid %d --clear-groups --no-new-privs"):format(with.user, with.user) or ""
  return shell.run(("cd / && %s env -i %s %s"):format(user, environment_of(container, places, with),
    table.concat(words, " ")))
end

-- run(job, { folders = name of a volume -> folder, secrets = name -> { key = value }, path = PATH, user = number or nil }) -> exit status
-- of the first step that did not end with 0, else 0; what all said on standard error
function pod.run(job, with)
  local spec, said = job.spec.template.spec, {}
  for _, container in ipairs(spec.initContainers) do
    local out, err, status = run_container(container, with)
    said[#said + 1] = ("--- %s ended with %d\n%s%s"):format(container.name, status, out, err)
    if status ~= 0 then return status, table.concat(said) end
  end
  return 0, table.concat(said)
end

return pod
