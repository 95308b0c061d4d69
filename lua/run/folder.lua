-- The folders of a run on this machine, and what runs that were killed have left.
--
--   /var/tmp/moonstep-UID/RUN       lock, and volumes that may be large: emptyDirs
--   /dev/shm/moonstep-UID/RUN       what must not be on a disk: files of Secrets; beside the others where there is no such folder
--
-- Both can be looked into by nobody else. TMPDIR stands in for /var/tmp. A run holds its lock as long as it lives; what belongs to one
-- whose lock is free is swept by the next: containers and volumes with its label, and its folders.
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

-- open() -> { id, disk, private }: before the second wall.
function folder.open()
  local pid, user = host.process()
  local temporary = host.environment "TMPDIR"
  local base = ("%s/moonstep-%d"):format(temporary and temporary ~= "" and temporary or "/var/tmp", user)
  need(files.private_folder(base))
  local memory = files.is_folder "/dev/shm" and ("/dev/shm/moonstep-%d"):format(user) or base
  need(files.private_folder(memory))
  local self = setmetatable({ base = base, memory = memory, id = ("%x-%x"):format(host.clock(), pid) }, Folder)
  local gate = need(files.lock(base .. "/lock", true)) -- nobody sweeps while a folder has no lock yet
  self.disk = ("%s/%s"):format(base, self.id)
  need(files.private_folder(self.disk))
  self.lock = need(files.lock(self.disk .. "/lock"))
  files.unlock(gate)
  self.private = ("%s/%s"):format(memory, memory == base and self.id .. "/private" or self.id)
  need(files.private_folder(self.private))
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

local function sweep_run(self, it, id)
  local lock = files.lock(("%s/%s/lock"):format(self.base, id))
  if not lock then return end -- it lives
  local filter = ("label=%s=%s"):format(folder.LABEL, id)
  local containers = words(it:call { "ps", "-a", "-q", "--filter", filter })
  if containers[1] then it:call(behind({ "rm", "-f", "-t", "0" }, containers)) end
  folder.drop_volumes(it, words(it:call { "volume", "ls", "-q", "--filter", filter }))
  if self.memory ~= self.base then remove(it, ("%s/%s"):format(self.memory, id)) end
  remove(it, ("%s/%s"):format(self.base, id))
  files.unlock(lock)
end

-- any_left() -> whether there are folders of other runs, dead or alive
function Folder:any_left() return #files.folders(self.base) > 1 end

-- sweep(podman): clears away what belongs to runs that were killed.
function Folder:sweep(it)
  local gate = need(files.lock(self.base .. "/lock", true))
  for _, id in ipairs(files.folders(self.base)) do
    if id ~= self.id then sweep_run(self, it, id) end
  end
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
  files.unlock(self.lock)
end

return folder
