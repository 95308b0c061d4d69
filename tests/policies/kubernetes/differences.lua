-- Where the pack and the server that was asked (1.20) are known to differ, each with its reason.
--
--   reason(change, verdict, ours) -> the reason, or nil
local differences = {}

-- { base, path, reason [, ours [, name]] }: Lua patterns; ours is what the pack says: "ok", "no" or "drops"; without it, either.
local KNOWN = {
  { ".", "^apiVersion$", "a URL names the version, too; kubectl refuses an object without apiVersion before it asks a server", "no",
    "^empty$" },
  { ".", "^apiVersion$", "a URL names the version, too; kubectl refuses an object without apiVersion before it asks a server", "no",
    "^gone$" },
  { ".", "env%[%d%]%.name$", "since 1.34, names of variables may hold any printable character but =", "ok" },
  { ".", "envFrom%[%d%]%.prefix$", "since 1.34, names of variables may hold any printable character but =", "ok" },
  { ".", "[sS]elector%.matchExpressions", "since 1.27, values in selectors must be values of labels", "no" },
  { ".", "podAffinity.*labelSelector$", "since 1.27, values in selectors must be values of labels", "no", "'%-b'" },
  { ".", "serviceAccountToken%.path$", "since 1.29, the path of a token must stay inside its volume", "no" },
  { ".", "topologySpreadConstraints%[%d%]%.labelSelector$", "since 1.28, selectors of constraints on spreading are judged", "no" },
  { ".", "procMount$", "since 1.33, procMount is judged without a feature gate", "no" },
  { ".", "containers%[0%]%.securityContext$", "since 1.33, procMount is judged without a feature gate", "no", "procMount" },
  { ".", "dnsConfig%.searches$", "since 1.26, there may be 32 search domains with 2048 characters", "ok", "^%[a+" },
  { ".", "dnsConfig%.searches$", "since 1.33, search domains may have _ and be a single dot", "ok", "^%[[a_.b]*%]$" },
  { ".", "securityContext%.sysctls$", "since 1.22, names of sysctls may have a /", "ok", "a/b" },
  { "^cron$", "^spec%.jobTemplate%.metadata%.labels", "a server looks at these labels when it makes the Job, which then fails", "no" },
  { ".", "containers%[%d%]%.image$", "a server looks at spaces when it makes the Pod, which then fails", "no", "'" },
  { ".", "volumes%[%d%]", "an empty map that is dropped cannot be seen in what a server keeps", "drops", "empty[dD]irs?" },
  { ".", "volumes%[%d%]$", "an empty map that is dropped cannot be seen in what a server keeps", "drops", "^misspelt$" },
  { "^job$", "^metadata%.ownerReferences$", "an owner that is named twice is kept once", "ok", "^twice$" },
  { ".", "matchExpressions$", "Gt and Lt with no integer match nothing; a server of 1.20 takes them", "no", "Lt, values: %[x%]" },
}

function differences.reason(change, verdict, ours)
  local theirs = verdict:match "^%a+"
  if theirs == ours then return nil end
  for _, row in ipairs(KNOWN) do
    if change.base:find(row[1]) and change.path:find(row[2]) and (not row[4] or row[4] == ours) and (not row[5]
      or change.name:find(row[5])) then
      return row[3]
    end
  end
end

return differences
