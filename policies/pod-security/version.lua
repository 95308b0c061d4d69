-- Which version of the Pod Security Standards counts: the option `pod-security.version`.
--
-- The standards change with the minor versions of Kubernetes, and a namespace may ask for those of an older one
-- (its label pod-security.kubernetes.io/enforce-version). Each check says from which version on it holds.
--
-- Returns the minor version: 29 for v1.29.

local NEWEST = 37   -- the newest version that changed a check; later ones are judged as this one

local chosen = option "pod-security.version" {
  summary = "the version of the Pod Security Standards: latest, or v1.0 and later",
  default = "latest",
}

if chosen == "latest" then return NEWEST end

-- As the namespace's label is read: no leading zeros, no patch version.
local digits = chosen:match "^v1%.(%d+)$"
if not digits or digits:find "^0." then
  error(("the option pod-security.version must be \"latest\" or a version such as \"v1.29\", not %q"):format(chosen), 0)
end
return #digits > 4 and NEWEST or math.min(tonumber(digits), NEWEST)
