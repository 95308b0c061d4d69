-- Why a cluster refused a request, in words, and what to do about it.
--
-- refusal.of(about, request, answer) -> message, hint. `about` has settings and credentials, or neither where answers are replayed;
-- `request` has method and path. What an API server says is taken as it stands: it names who may not do what on what, which field is
-- immutable, which quota is exceeded. refusal.OVER_QUOTA is what to do about the last, and .WITHOUT_LIMITS where it counts limits that
-- nobody set: events tell of these, too; and .NO_API where something else answers than an API server.
local json = require "kube.json"
local reasons = require "scripts.reasons"
local value = require "base.value"

local refusal = {
  OVER_QUOTA = "delete what is not needed any more, ask for less, or have the quota raised",
  NO_API = "is `server` in the kubeconfig that of a cluster? A proxy or a login page may stand before it",
  WITHOUT_LIMITS = "give the Functions these limits (runtimeSettings.resources), or have a LimitRange give them to all",
}

-- What the API server says about it, or the start of whatever came; and its Status, if it is one.
local function said(answer)
  local status = json.decode(answer.body)
  if status and status.kind == "Status" and type(status.message) == "string" then
    local words = status.message:gsub("Invalid value: [%w.]+%b{}: ", "") -- Go's own form of all that was given,
    return (words:gsub("\n[^%w\n]*[%w_]+%.[%w_]+%b{}%s*$", "")), status -- and of what differs
  end
  return reasons.of_status({}, answer) -- credentials are not in its body any more
end

local function forbidden_hint(words)
  if words:find("exceeded quota", 1, true) then return refusal.OVER_QUOTA end
  if words:find(" is being terminated", 1, true) then return "wait until the namespace is gone, and make it anew" end
  if words:find("cannot", 1, true) then return "give the user a role that allows it; `kubectl auth can-i` tells what it may do" end
  return "a rule of the cluster (an admission plugin) does not allow it; it says what it wants"
end

local function immutable_hint(words)
  if not (words:find("immutable", 1, true) or words:find("cannot change roleRef", 1, true)) then return nil end
  if words:find "^PersistentVolumeClaim " then
    return "it cannot be changed while it exists, and what it holds goes with it: give what is rendered another name"
  end
  return "it cannot be changed while it exists: delete it first, or give what is rendered another name"
end

-- What to do, by status and words of the API server.
local HINTS = {
  [403] = forbidden_hint,
  [404] = function(words)
    local namespace = words:match '^namespaces "([^"]+)" not found'
    if namespace then return ("make it with `kubectl create namespace %s`, or name another with -n"):format(namespace) end
  end,
  [422] = immutable_hint,
  [500] = function(words)
    if words:find("not declared in schema", 1, true) then
      return "this cluster knows no such field; it may be older than what is rendered"
    end
  end,
  [429] = function() return "the cluster is overloaded, or limits how much this user may ask; try again later" end,
}

local NAMES = { [403] = "403 Forbidden" }

function refusal.of(about, request, answer)
  local words, status = said(answer)
  local settings = about.settings
  local asked = ("%s %s%s"):format(request.method, settings and settings.origin .. settings.server or "", request.path)
  if answer.status == 401 and settings then
    return ("%s: the cluster does not know who asks (401 Unauthorized); it was asked as %s"):format(asked, settings.user),
      about.credentials:refused()
  end
  if not status and answer.status ~= 403 then
    return ("%s: %s, which is not what an API server says"):format(asked, words), settings and refusal.NO_API or nil
  end
  local hint = status and HINTS[answer.status] and HINTS[answer.status](words)
  return ("%s: %s: %s"):format(asked, NAMES[answer.status] or answer.status, words), hint
end

-- reason(answer) -> the reason that its Status gives, such as "Expired" or "AlreadyExists", and what it says; "" where there is none
function refusal.reason(answer)
  local words, status = said(answer)
  return status and tostring(status.reason or ""), words
end

-- conflicts(answer) -> { { manager, field }, … }: whose fields an apply would take away
function refusal.conflicts(answer)
  local _, status = said(answer)
  local all = {}
  for _, cause in ipairs(value.get(status or {}, "details", "causes") or {}) do
    if cause.reason == "FieldManagerConflict" then
      all[#all + 1] = { manager = tostring(cause.message):match 'conflict with "([^"]+)"' or tostring(cause.message), field = cause.field }
    end
  end
  return all
end

return refusal
