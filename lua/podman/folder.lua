-- The folders of a run on this machine, and what runs that were killed have left.
--
--   /var/tmp/moonstep-UID/RUN       volumes that may be large: emptyDirs
--   /dev/shm/moonstep-UID/RUN       what must not be on a disk: files of Secrets; beside the others where there is no such folder.
--                                   `disk` in it names the other folder, as TMPDIR may stand in for /var/tmp
--
-- Both can be looked into by nobody else. In each there is a lock that the run holds as long as it lives; what belongs to one whose locks
-- are free is swept by the next, whatever its TMPDIR: containers and volumes with its label, and its folders.
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"

local folder = {}

local Folder = {}
Folder.__index = Folder

folder.LABEL = "moonstep.run"

local function need(done, problem)
  if not done then diag.raise { rule = "unwritable", message = problem.message } end
  return done
end

local function lock_in(path)
  local lock, problem = files.lock(path .. "/lock")
  return need(lock, problem or { message = path .. " is another run's" })
end

-- open() -> { id, disk, private }: before the second wall.
function folder.open()
  local pid, user = host.process()
  local temporary = host.environment "TMPDIR"
  local base = ("%s/moonstep-%d"):format(temporary and temporary ~= "" and need(files.absolute(temporary)) or "/var/tmp", user)
  need(files.private_folder(base))
  local memory = files.is_folder "/dev/shm" and ("/dev/shm/moonstep-%d"):format(user) or base
  need(files.private_folder(memory))
  local self = setmetatable({ base = base, memory = memory, id = ("%x-%x"):format(host.clock(), pid) }, Folder)
  local gate = need(files.lock(memory .. "/lock", true)) -- nobody sweeps while a folder has no lock yet
  self.disk = ("%s/%s"):format(base, self.id)
  need(files.private_folder(self.disk))
  self.locks = { lock_in(self.disk) }
  self.private = memory == base and self.disk .. "/private" or ("%s/%s"):format(memory, self.id)
  need(files.private_folder(self.private))
  if memory ~= base then
    self.locks[2] = lock_in(self.private)
    need(files.put(self.private .. "/disk", self.disk, tonumber("0600", 8)))
  end
  files.unlock(gate)
  return self
end

-- The folders of all runs, which the second wall leaves open.
function Folder:places() return self.memory == self.base and { self.base } or { self.base, self.memory } end

-- Removes what containers of rootless podman may have made under other users' numbers, too.
local function remove(it, path)
  if files.remove(path) then return end
  local answer = it:unshared { "rm", "-rf", path }
  if answer.code ~= 0 then
    diag.raise { rule = "unwritable", message = ("%s cannot be removed: %s"):format(path, answer.err:match "[^\n]+" or "rm failed") }
  end
end

-- The words of a command's output.
local function words(answer)
  local list = {}
  for word in answer.out:gmatch "%S+" do list[#list + 1] = word end
  return list
end

local function behind(first, list) return table.move(list, 1, #list, #first + 1, first) end

-- Memory volumes are mounted until somebody says otherwise.
function folder.drop_volumes(it, names)
  if #names == 0 then return end
  for _, name in ipairs(names) do it:unshared { "podman", "volume", "unmount", name } end
  it:call(behind({ "volume", "rm", "-f" }, names))
end

-- The folders of a run of that number, with what it noted.
local function places_of(self, id)
  local disk, private = ("%s/%s"):format(self.base, id), ("%s/%s"):format(self.memory, id)
  local noted = self.memory ~= self.base and files.read(private .. "/disk")
  if noted and noted:match "[^/]*$" == id then disk = noted end
  local places = {}
  if files.kind(disk) == "folder" then places[1] = disk end
  if noted then places[#places + 1] = private end -- without a note, it is nothing of ours
  return places
end

-- The locks of its folders, or nil when it lives.
local function locks_of(places)
  local locks = {}
  for i, path in ipairs(places) do
    locks[i] = files.lock(path .. "/lock")
    if not locks[i] then
      for j = 1, i - 1 do files.unlock(locks[j]) end
      return nil
    end
  end
  return locks
end

local function sweep_run(self, it, id)
  local places = places_of(self, id)
  local locks = places[1] and locks_of(places)
  if not locks then return end
  local filter = ("label=%s=%s"):format(folder.LABEL, id)
  local containers = words(it:call { "ps", "-a", "-q", "--filter", filter })
  if containers[1] then it:call(behind({ "rm", "-f", "-t", "0" }, containers)) end
  folder.drop_volumes(it, words(it:call { "volume", "ls", "-q", "--filter", filter }))
  for i, path in ipairs(places) do
    remove(it, path)
    files.unlock(locks[i])
  end
end

-- The numbers of other runs, dead or alive.
local function others(self)
  local ids, seen = {}, { [self.id] = true }
  for _, base in ipairs(self:places()) do
    for _, id in ipairs(files.folders(base)) do
      if not seen[id] then ids[#ids + 1] = id end
      seen[id] = true
    end
  end
  return ids
end

-- any_left() -> whether there are folders of other runs, dead or alive
function Folder:any_left() return #others(self) > 0 end

-- sweep(podman): clears away what belongs to runs that were killed.
function Folder:sweep(it)
  local gate = need(files.lock(self.memory .. "/lock", true))
  for _, id in ipairs(others(self)) do sweep_run(self, it, id) end
  files.unlock(gate)
end

-- part(number) -> { id, disk, private }: folders in those of the run, for one attempt.
function Folder:part(number)
  local part = { id = self.id, disk = ("%s/%d"):format(self.disk, number), private = ("%s/%d"):format(self.private, number) }
  need(files.private_folder(part.disk))
  need(files.private_folder(part.private))
  return part
end

-- drop(part, podman)
function folder.drop(part, it)
  remove(it, part.private)
  remove(it, part.disk)
end

-- close(podman): removes the run's own folders.
function Folder:close(it)
  remove(it, self.private)
  remove(it, self.disk)
  for _, lock in ipairs(self.locks) do files.unlock(lock) end
end

return folder
