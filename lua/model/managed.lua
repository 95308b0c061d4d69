-- Labels that a restore takes over from an AppBinding which KubeDB manages.
local value = require "base.value"

local MANAGER, NAME, INSTANCE = "app.kubernetes.io/managed-by", "app.kubernetes.io/name", "app.kubernetes.io/instance"

-- The first AppBinding of the session's targets that is managed, or nil. It is looked for in the session's own namespace.
local function managed_entry(session, model)
  local spec = session.value.spec or {}
  local members = session.kind == "RestoreBatch" and spec.members or { spec }
  for _, member in ipairs(members or {}) do
    local ref = value.get(member, "target", "ref") or {}
    local entry = ref.kind == "AppBinding" and model:find("AppBinding", session.namespace, ref.name or "")
    if entry and value.get(entry.value, "metadata", "labels", MANAGER) == "kubedb.com" then return entry end
  end
end

-- labels(session, model) -> labels to add, which may be none | nil, the AppBinding's entry, the label that it lacks
return function(session, model)
  local entry = managed_entry(session, model)
  if not entry then return {} end
  local labels = {}
  for _, label in ipairs(session.kind == "RestoreBatch" and { NAME } or { NAME, INSTANCE }) do
    labels[label] = entry.value.metadata.labels[label]
    if not labels[label] then return nil, entry, label end
  end
  return labels
end
