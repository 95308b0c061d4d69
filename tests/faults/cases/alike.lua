-- Rules whose verdicts are remembered: by values, by questions, by keys.
local function is_short(v) return type(v) == "string" and #v < 3 end

rule "names" { summary = "names are long", kinds = { "Pod" }, check = function(pod, report)
  if ask(pod.metadata, "name", is_short) then report(pod, "metadata.name", "short") end
end }

rule "labels" { summary = "labels are few", pods = true, severity = "warning", check = function(pod, report)
  local count = 0
  for _ in pairs(pod.metadata.labels or {}) do count = count + 1 end
  if count > 1 or #pod.spec.containers > 1 then report(pod.metadata, "labels", "many") end
end }
