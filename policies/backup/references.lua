-- References: what invokers and Tasks name is among the given files.
--
-- What rendering looks up itself, for a session that is given, is its own message and not repeated here. What is in the cluster already
-- and in no file is named by the option backup.elsewhere.
local index = include "index.lua"
local read = include "read.lua"
local variables = include "variables.lua"

local elsewhere = option "backup.elsewhere" {
  summary = "objects that exist though they are in no file: Kind/name with *, separated by blanks", default = "",
}

local function is_elsewhere(kind, name)
  for word in elsewhere:gmatch "%S+" do
    if read.matches(word, kind .. "/" .. name) then return true end
  end
  return false
end

-- The names of the given objects of a kind.
local function names_of(known, kind)
  local names = {}
  for name in pairs(known.kinds[kind] or {}) do names[name] = true end
  return names
end

-- Reports a reference, the value of part[key], that leads nowhere.
local function require_object(known, kind, namespace, part, key, report)
  local name = part[key]
  if variables.has(name) or index.find(known, kind, namespace, name) or is_elsewhere(kind, name) then return end
  local full = namespace and namespace .. "/" .. name or name
  report(part, key, ("%s %s is not among the given files"):format(kind, full), { hint = read.did_you_mean(name, names_of(known, kind))
    or ("give its file, or --option backup.elsewhere=%s/%s if it exists"):format(kind, name) })
end

rule "backup/repository-given" {
  summary   = "an invoker names a Repository that is there",
  help      = "Without its Repository nothing can be backed up. Give the Repository's file as well, or say that it exists: " ..
    "option backup.elsewhere.",
  kinds     = { "Repository", "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch", "BackupSession" },
  check_all = function(objects, report)
    local known = index.of(objects)
    for _, object in ipairs(objects) do
      local spec = read.map_at(object, "spec")
      local is_invoker = object.kind ~= "Repository" and object.kind ~= "BackupSession"
      if spec and is_invoker and spec.driver ~= "VolumeSnapshotter" and not index.is_rendered(known, object) then
        local named = read.map(spec.repository)
        if not read.text_at(named, "name") then report(object, "spec.repository", "no Repository is named")
        else
          require_object(known, "Repository", read.text(named.namespace) or index.namespace_of(object), named, "name", report)
        end
      end
    end
  end,
}

-- Targets that are backed up without a Task.
local WORKLOADS = { Deployment = true, StatefulSet = true, DaemonSet = true, DeploymentConfig = true }

local function needs_task(object, part)
  local kind = read.at(part, "target", "ref", "kind")
  return read.at(object, "spec", "driver") ~= "VolumeSnapshotter" and not (type(kind) == "string" and WORKLOADS[kind])
end

rule "backup/task-given" {
  summary   = "an invoker names a Task that is there",
  help      = "What is no workload is backed up by a Task: the invoker's, or that of the AppBinding that is its target. " ..
    "Give the Task's file as well, or say that it exists: option backup.elsewhere.",
  kinds     = { "Task", "AppBinding", "BackupConfiguration", "BackupBatch",
    "RestoreSession", "RestoreBatch", "BackupSession", "BackupBlueprint" },
  check_all = function(objects, report)
    local known = index.of(objects)
    local function check(object, part)
      local name, task, unknown = index.task_name(known, object, part)
      if name then return require_object(known, "Task", nil, task, "name", report) end
      if not unknown and needs_task(object, part) and object.kind ~= "BackupBlueprint" then
        report(part, "task.name", "no Task is named, and what is no workload needs one")
      end
    end
    for _, object in ipairs(objects) do
      if object.kind:find "^Backup[CB]" or read.is_restore(object) then
        for part in read.parts(object) do
          if not index.is_rendered(known, object) then check(object, part) end
        end
      end
    end
  end,
}

rule "backup/target-given" {
  summary   = "an AppBinding that is a target is there",
  help      = "The AppBinding says how the database is reached. Give its file as well, or say that it exists: option backup.elsewhere.",
  kinds     = { "AppBinding", "BackupConfiguration", "BackupBatch", "BackupSession" },
  check_all = function(objects, report)
    local known = index.of(objects)
    for _, object in ipairs(objects) do
      if (object.kind == "BackupConfiguration" or object.kind == "BackupBatch") and not index.is_rendered(known, object) then
        for part in read.parts(object) do
          local ref = read.map_at(part, "target", "ref")
          if index.is_appbinding(ref) and read.text(ref.name) then
            require_object(known, "AppBinding", read.text(ref.namespace) or index.namespace_of(object), ref, "name", report)
          end
        end
      end
    end
  end,
}

rule "backup/function-given" {
  summary   = "a step names a Function that is there",
  help      = "A step is a Function; without it the Task cannot run. Give the Function's file as well, or say that it exists: " ..
    "option backup.elsewhere.",
  kinds     = { "Task", "Function", "BackupSession", "RestoreSession", "RestoreBatch", "BackupConfiguration", "BackupBatch", "AppBinding" },
  check_all = function(objects, report)
    local known, rendered = index.of(objects), {}
    for _, object in ipairs(objects) do
      local is_invoker = object.kind:find "^Backup[CB]" or read.is_restore(object)
      for part in read.parts(object) do
        local name = is_invoker and index.is_rendered(known, object) and index.task_name(known, object, part)
        if name then rendered[name] = true end
      end
    end
    for _, object in ipairs(objects) do
      if object.kind == "Task" and not rendered[read.text_at(object, "metadata", "name") or ""] then
        for _, step in read.items(read.at(object, "spec", "steps")) do
          if read.text_at(step, "name") then require_object(known, "Function", nil, step, "name", report) end
        end
      end
    end
  end,
}
