-- Tasks: steps that hand their results on, and report them.
local index = include "index.lua"
local read = include "read.lua"
local variables = include "variables.lua"

-- The Function of a step, or nil when its name is computed or it is not given.
local function function_of(known, step)
  local name = read.text_at(step, "name")
  return name and not variables.has(name) and index.find(known, "Function", nil, name) or nil
end

local function says_update_status(spec)
  for _, list in ipairs { "command", "args" } do
    for _, word in read.items(read.at(spec, list)) do
      if word == "update-status" then return true end
    end
  end
  return false
end

-- Whether a step reports how the run went; nil when that cannot be said.
local function reports_status(known, step)
  local name = read.text_at(step, "name") or ""
  if name:find("status", 1, true) then return true end
  local found = function_of(known, step)
  if not found then return nil end
  return says_update_status(read.map_at(found, "spec"))
end

local function steps_of(task)
  local steps = {}
  for _, step in read.items(read.at(task, "spec", "steps")) do
    if read.map(step) then steps[#steps + 1] = step end
  end
  return steps
end

-- Calls check(task, its steps, index of the given objects) for each Task that has steps.
local function each_task(objects, check)
  local known = index.of(objects)
  for _, object in ipairs(objects) do
    local steps = object.kind == "Task" and steps_of(object) or {}
    if #steps > 0 then check(object, steps, known) end
  end
end

rule "backup/task-steps" {
  summary  = "a Task has steps",
  help     = "Every step becomes a container; without one there is no Job. Name at least one Function under spec.steps.",
  kinds    = { "Task" },
  check    = function(task, report)
    if #steps_of(task) == 0 then report(task, "spec.steps", "the Task has no steps") end
  end,
}

rule "backup/status-step" {
  summary   = "the last step of a Task reports how it went",
  help      = "What no step reports, nobody sees: the session stays without result, its metrics are never sent, and old snapshots " ..
    "stay. " ..
    "Let update-status be the last step.",
  source    = "https://stash.run/docs/latest/concepts/crds/task/",
  severity  = "warning",
  kinds     = { "Task", "Function" },
  check_all = function(objects, report)
    each_task(objects, function(_, steps, known)
      local last = steps[#steps]
      if reports_status(known, last) ~= false then return end
      for i = 1, #steps - 1 do
        if reports_status(known, steps[i]) then
          return report(steps[i], "name", "the step that reports the status is not the last: what runs behind it is not in its report")
        end
      end
      report(last, "name", "the last step does not report the status", { hint = "let update-status be the last step" })
    end)
  end,
}

-- --- the output directory

-- What a step's Function is given as --output-dir: the directory; false when it has no such argument, nil when it cannot be said.
local function output_dir(spec, params)
  local is_next = false
  for _, arg in read.items(read.at(spec, "args")) do
    if type(arg) == "string" then
      local v = is_next and arg or arg:match "^%-%-output%-dir=(.*)$"
      if v then return variables.fill(v, params) end
      is_next = arg == "--output-dir"
    end
  end
  return false
end

-- Whether anything else of the Function holds the directory's name.
local function mentions(v, dir, params)
  if type(v) == "string" then
    local filled = variables.fill(v, params)
    return not filled or filled:find(dir, 1, true) ~= nil
  end
  for _, item in pairs(read.map(v) or {}) do
    if mentions(item, dir, params) then return true end
  end
  return false
end

-- The steps of a Task as { step, spec, params, dir }, or nil when one of them is not known.
local function outputs_of(steps, known)
  local outputs = {}
  for i, step in ipairs(steps) do
    local spec = read.map_at(function_of(known, step), "spec")
    if not spec then return nil end
    local params = variables.params(step)
    outputs[i] = { step = step, spec = spec, params = params, dir = output_dir(spec, params) }
    if outputs[i].dir == nil then return nil end
  end
  return outputs
end

-- Reports at the parameter that holds the directory, or else at the step.
local function report_dir(report, output, message, more)
  for _, param in read.items(output.step.params) do
    if read.at(param, "value") == output.dir then return report(param, "value", message, more) end
  end
  report(output.step, "name", message, more)
end

-- Calls check(what the reporting step reads, list of those that write) where all is known.
local function each_output(objects, check)
  each_task(objects, function(_, steps, known)
    if not reports_status(known, steps[#steps]) then return end
    local outputs = outputs_of(steps, known)
    local reader = outputs and table.remove(outputs)
    if reader and reader.dir then check(reader, outputs) end
  end)
end

rule "backup/output-dir" {
  summary   = "the steps of a Task write their results where the last one reads them",
  help      = "The step that reports the status reads output.json from its --output-dir; a step that writes elsewhere counts as " ..
    "never run. " ..
    "Give both the same outputDir.",
  kinds     = { "Task", "Function" },
  check_all = function(objects, report)
    each_output(objects, function(reader, writers)
      local written = false
      for _, writer in ipairs(writers) do
        written = written or writer.dir or mentions(writer.spec, reader.dir, writer.params)
        if writer.dir and writer.dir ~= reader.dir then
          report_dir(report, writer, ("results are written to %s and read from %s"):format(writer.dir, reader.dir))
        end
      end
      if not written then report_dir(report, reader, ("no step writes to %s, from where results are read"):format(reader.dir)) end
    end)
  end,
}

-- What every container of a Job gets.
local OWN_MOUNTS = { { mountPath = "/stash-tmp", name = "stash-tmp-dir" },
  { mountPath = "/stash-interim-volume", name = "stash-interim-volume" } }

local function is_below(path, folder) return (path .. "/"):sub(1, #folder + 1) == folder .. "/" end

-- Where a directory of a step's container lies: "volume path-in-it"; false when in no volume, nil when that cannot be said.
local function volume_of(output)
  local best, longest = false, -1
  local function try(mount)
    local function filled(field) return variables.fill(read.text(mount[field]) or "", output.params) end
    local path, name, sub_path = filled "mountPath", filled "name", filled "subPath"
    if not path or not name or not sub_path then return false end
    path = path:gsub("/+$", "")
    if #path > longest and is_below(output.dir, path) then
      best, longest = ("%s %s%s"):format(name, sub_path, output.dir:sub(#path + 1)), #path
    end
    return true
  end
  for _, mount in ipairs(OWN_MOUNTS) do try(mount) end
  for _, mount in read.items(output.spec.volumeMounts) do
    if read.map(mount) and not try(mount) then return nil end
  end
  return best
end

rule "backup/output-volume" {
  summary   = "the output directory lies in a volume that all steps mount",
  help      = "Steps are containers with file systems of their own: what one writes outside a shared volume the next cannot see. " ..
    "/stash-tmp is mounted in every step.",
  kinds     = { "Task", "Function" },
  check_all = function(objects, report)
    each_output(objects, function(reader, writers)
      local read_from = volume_of(reader)
      for _, writer in ipairs(writers) do
        local written_to = writer.dir == reader.dir and volume_of(writer)
        local hint = { hint = "a folder in /stash-tmp is shared by all steps" }
        if writer.dir ~= reader.dir or read_from == nil or written_to == nil then return end
        if not written_to then
          return report_dir(report, writer, ("%s lies in no volume: the next step does not see it"):format(writer.dir), hint)
        end
        if written_to ~= read_from then
          return report_dir(report, writer, ("%s is not the same folder of the same volume in all steps"):format(writer.dir), hint)
        end
      end
    end)
  end,
}
