-- Targets: what is backed up or restored, and by which rules.
local index = include "index.lua"
local read = include "read.lua"

local WORKLOADS = { Deployment = true, StatefulSet = true, DaemonSet = true, DeploymentConfig = true }

-- Whether the restore is into claims of its own, which need no reference.
local function has_claims(object, part)
  return read.is_restore(object) and read.map_at(part, "target", "volumeClaimTemplates") ~= nil
end

rule "backup/target" {
  summary  = "a target is named in full",
  help     = "A target is found by apiVersion, kind and name; with one of them missing nothing is backed up. A backup without " ..
    "target is one " ..
    "of a Task that needs none.",
  kinds    = read.INVOKERS,
  check    = function(object, report)
    for part in read.parts(object) do
      local target = read.map_at(part, "target")
      local ref = read.map_at(target, "ref")
      if not target then
        if read.is_restore(object) or not read.text_at(part, "task", "name") then report(part, "target", "there is no target") end
      elseif not has_claims(object, part) then
        for _, field in ipairs { "apiVersion", "kind", "name" } do
          if not ref or not ask(ref, field, read.has_text) then
            report(target, "ref." .. field, ("the target's reference has no %s"):format(field))
          end
        end
      end
    end
  end,
}

rule "backup/target-namespace" {
  summary  = "volumes and workloads are backed up in their own namespace",
  help     = "A Pod mounts claims of its own namespace only, and a sidecar runs where the workload is: the operator refuses other " ..
    "targets. " ..
    "Move the invoker to the target's namespace.",
  kinds    = read.INVOKERS,
  check    = function(object, report)
    local own = index.namespace_of(object)
    for part in read.parts(object) do
      local ref = read.map_at(part, "target", "ref")
      local other = read.text_at(ref, "namespace")
      local task = read.text_at(part, "task", "name")
      local bound = ref and (ref.kind == "PersistentVolumeClaim" or WORKLOADS[ref.kind] and not task)
      if own and other and own ~= other and bound and not (task and task:find "^kubedump") then
        report(ref, "namespace", ("a %s of another namespace cannot be mounted from here"):format(ref.kind))
      end
    end
  end,
}

-- Rules of a restore: those of its target, or the older ones of a RestoreSession.
local function rules_of(object, part)
  local older = read.map_at(object, "spec", "rules")
  if older and not read.is_empty(older) then return older end
  return read.map_at(part, "target", "rules")
end

rule "backup/restore-rules" {
  summary  = "a restore says what to restore",
  help     = "Without rules nothing says which snapshots and paths are restored, and to which host. Write them under target.rules, " ..
    "such as snapshots: [latest].",
  severity = "warning",
  kinds    = read.RESTORES,
  check    = function(object, report)
    for part in read.parts(object) do
      local target = read.map_at(part, "target")
      if target and read.at(object, "spec", "driver") ~= "VolumeSnapshotter" and read.is_empty(rules_of(object, part)) then
        report(target, "rules", "the restore has no rules", { hint = "such as rules: [{snapshots: [latest]}]" })
      end
    end
  end,
}

rule "backup/restore-rule-unused" {
  summary  = "each rule of a restore can be the one that holds",
  help     = "One rule holds for a host: the first that names it, else the last that names none. Rules for any host before that " ..
    "one are never used.",
  severity = "warning",
  kinds    = read.RESTORES,
  check    = function(object, report)
    for part in read.parts(object) do
      local rules, general = rules_of(object, part), nil
      for _, each in read.items(rules) do
        if read.map(each) and read.is_empty(each.targetHosts) then
          if general then report(general, nil, "this rule is never used: a later one holds for any host too") end
          general = each
        end
      end
    end
  end,
}
