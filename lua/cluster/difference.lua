-- What applying an object would change in a cluster, as a diff of YAML.
--
--   difference(each) -> text, "" where nothing would change      `each` is one of put.check's
--
-- What is compared is the object as it is and as the cluster says it would be: defaults and what admission adds are no differences.
-- Values of Secrets are compared and not shown.
local apply = require "kube.apply"
local diff = require "base.diff"
local made = require "cluster.made"
local value = require "base.value"
local write = require "output.write"

local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

-- Puts words in the place of a Secret's values, which say whether they differ. `kubectl apply` leaves them in an annotation, too.
local function hide(object, other, word)
  local annotations = value.get(object, "metadata", "annotations")
  if annotations and annotations[LAST_APPLIED] then annotations[LAST_APPLIED] = "***" end
  for _, field in ipairs { "data", "stringData" } do
    for key, v in value.pairs(value.get(object, field) or {}) do
      object[field][key] = value.get(other or {}, field, key) == v and "***" or "*** " .. word
    end
  end
end

local function yaml(object)
  local text, why = write.text(object, "yaml", true)
  if not text then error(why, 0) end
  return text
end

return function(each)
  local before, after = each.live and apply.plain(each.live), apply.plain(each.would or each.object)
  if each.object.kind == "Secret" then
    local as_it_was = before and value.copy(before)
    if before then hide(before, after, "(before)") end
    hide(after, as_it_was, "(after)")
  end
  local name = made.words(each.object)
  return diff.unified(before and yaml(before) or "", yaml(after), before and "cluster: " .. name or "/dev/null", "rendered: " .. name)
end
