-- Rules about metadata: names, labels, annotations, owners, finalizers.
local read   = include "read.lua"
local schema = include "schema.lua"
local syntax = include "syntax.lua"

local NAMES = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"
local LABELS = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"

-- How each kind's name is written; the others' are DNS names.
local BY_KIND = {
  Namespace = { name = syntax.label, prefix = syntax.label_prefix },
  ReplicationController = { name = syntax.subdomain, prefix = syntax.subdomain_prefix },
  Role = { name = syntax.path_segment, prefix = syntax.path_segment },
  RoleBinding = { name = syntax.path_segment, prefix = syntax.path_segment },
}
local USUAL = { name = syntax.subdomain, prefix = syntax.subdomain_prefix }

-- A Job's name becomes a label of its Pods; a CronJob adds 11 characters to its own.
local LONGEST = {
  Job = function(v) return type(v) == "string" and #v > 63 end,
  CronJob = function(v) return type(v) == "string" and #v > 52 end,
}
local WHY = {
  Job = "at most 63 characters long: it becomes a label of the Job's Pods",
  CronJob = "at most 52 characters long: its Jobs' names have 11 more, and at most 63",
}

local function leaves_no_room(v) return type(v) == "string" and #v > 47 end

-- A Job with a selector of its own has no such label.
local function too_long(object, metadata)
  local question = LONGEST[object.kind]
  local own = object.kind == "Job" and read.is_true(read.table(object, "spec") or {}, "manualSelector")
  if not question or own or object.kind == "Job" and ask(metadata, "name", syntax.PLAIN) then return false end
  return ask(metadata, "name", question)
end

rule "kubernetes/name" {
  summary = "an object has a name, written as its kind asks",
  help    = "A server refuses the object. Most names are DNS names of up to 253 characters; a Job's has at most 63 and a CronJob's 52, "
    .. "because "
    .. "the names of Jobs and labels of Pods are made from them.",
  source  = NAMES,
  kinds   = schema.kinds,
  check   = function(object, report)
    local metadata = read.table(object, "metadata")
    local plain = metadata and ask(metadata, "name", syntax.PLAIN)
    if not metadata or not plain and read.is_empty(metadata, "name") and read.is_empty(metadata, "generateName") then
      return report(metadata or object, nil, "metadata.name is missing")
    end
    local how = BY_KIND[object.kind] or USUAL
    local wrong = syntax.ask(metadata, "name", how.name)
    if wrong then report(metadata, "name", "the name must be " .. wrong)
    elseif too_long(object, metadata) then report(metadata, "name", "the name must be " .. WHY[object.kind]) end
    local prefix = ask(metadata, "generateName", how.prefix)
    if prefix then report(metadata, "generateName", "generateName must be " .. prefix)
    elseif object.kind == "CronJob" and not plain and read.is_empty(metadata, "name") and ask(metadata, "generateName", leaves_no_room) then
      report(metadata, "generateName", "generateName must be at most 47 characters long: 5 follow, and a CronJob's name has 52")
    end
    local namespace = syntax.ask(metadata, "namespace", syntax.label)
    if namespace then report(metadata, "namespace", "the namespace must be " .. namespace) end
  end,
}

-- The metadata of an object and of the template in it, where a server looks at it. A CronJob's jobTemplate is not looked at; its labels
-- fail when the Job is made.
local function each_metadata(object, visit)
  schema.walk(object, function(part, of)
    if of.name == "ObjectMeta" then visit(part) end
  end)
end

rule "kubernetes/label" {
  summary = "labels are words of up to 63 characters, keys with an optional domain before a /",
  help    = "A server refuses the object. Free text belongs into an annotation.",
  source  = LABELS .. "#syntax-and-character-set",
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      local field = of.name == "ObjectMeta" and "labels" or of.name == "LabelSelector" and "matchLabels" or of.name == "PodSpec"
        and "nodeSelector"
      local labels = field and read.table(part, field)
      if not labels then return end
      for key in read.keys(labels) do
        local wrong = syntax.qualified(key)
        if wrong then report(labels, { key }, "the label's key must be " .. wrong, { on = "key" }) end
        local value = syntax.ask(labels, key, syntax.label_value)
        if value then report(labels, { key }, "the label's value must be " .. value) end
      end
    end)
  end,
}

local function length(v) return type(v) == "string" and #v or 0 end

local MOST_ANNOTATIONS = 256 << 10 -- bytes of keys and values

rule "kubernetes/annotation" {
  summary = "annotations' keys are words with an optional domain before a /, and all of them together have at most 256 KiB",
  help    = "A server refuses the object. Larger data belongs into a ConfigMap.",
  source  = "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set",
  kinds   = schema.kinds,
  check   = function(object, report)
    each_metadata(object, function(metadata)
      local annotations = read.table(metadata, "annotations")
      if not annotations then return end
      local total = 0
      for key in read.keys(annotations) do
        local wrong = syntax.annotation_key(key)
        if wrong then report(annotations, { key }, "the annotation's key must be " .. wrong, { on = "key" }) end
        total = total + length(key) + ask(annotations, key, length)
      end
      if total > MOST_ANNOTATIONS then
        report(metadata, "annotations", ("the annotations have %d bytes, and may have %d"):format(total, MOST_ANNOTATIONS))
      end
    end)
  end,
}

local function no_version(v) return type(v) == "string" and (v:find "/$" or select(2, v:gsub("/", "")) > 1) end

rule "kubernetes/owner" {
  summary = "owner references are complete, and one at most is the controller",
  help    = "A server refuses the object. Each owner needs its apiVersion, kind, name and uid.",
  source  = "https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/",
  kinds   = schema.kinds,
  check   = function(object, report)
    local metadata = read.table(object, "metadata")
    local controllers, controller = 0, nil
    for _, owner in read.items(metadata or {}, "ownerReferences") do
      if ask(owner, "apiVersion", no_version) then report(owner, "apiVersion",
        "apiVersion must be a group and a version, such as apps/v1") end
      if owner.kind == "Event" and owner.apiVersion == "v1" then report(owner, "kind", "an Event cannot be an owner") end
      if read.is_true(owner, "controller") and owner.uid ~= controller then
        controllers, controller = controllers + 1, owner.uid
        if controllers == 2 then report(owner, "controller", "there is another controller, and may be one only") end
      end
    end
  end,
}

local STANDARD = { kubernetes = true, orphan = true, foregroundDeletion = true }

local function finalizer(v)
  if type(v) ~= "string" then return nil end
  if not v:find("/", 1, true) and not STANDARD[v] then return "led by a domain and a /, or one of kubernetes, orphan and "
    .. "foregroundDeletion" end
  return syntax.qualified(v)
end

rule "kubernetes/finalizer" {
  summary = "finalizers have a domain before a /",
  help    = "A server refuses the object. Short names are kept for those of Kubernetes itself; orphan and foregroundDeletion exclude "
    .. "each other.",
  source  = "https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",
  kinds   = schema.kinds,
  check   = function(object, report)
    local seen = {}
    for _, where in ipairs { "metadata", "spec" } do
      local part = (where == "metadata" or object.kind == "Namespace") and read.table(object, where)
      local list = part and read.table(part, "finalizers")
      for i = 1, list and #list or 0 do
        local wrong = ask(list, i, finalizer)
        if wrong then report(list, { i }, "the finalizer must be " .. wrong) end
        if type(list[i]) == "string" then seen[list[i]] = true end
      end
    end
    if seen.orphan and seen.foregroundDeletion then
      report(object.metadata, "finalizers", "orphan and foregroundDeletion exclude each other")
    end
  end,
}
