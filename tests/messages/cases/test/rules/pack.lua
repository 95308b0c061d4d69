local most = option "site.most" { summary = "replicas that are allowed", default = "3" }

rule "site/replicas" {
  summary = "there are not too many replicas",
  kinds   = { "Deployment" },
  check   = function(object, report)
    local n = object.spec and object.spec.replicas
    if math.type(n) == "integer" and n > tonumber(most) then
      report(object, "spec.replicas", n .. " replicas; at most " .. most)
    end
    if n == 0 then report(object, "spec.replicas", "there are none", { hint = "delete it" }) end
  end,
}

rule "site/names" {
  summary   = "names are short",
  kinds     = { "*" },
  severity  = "warning",
  check_all = function(objects, report)
    for _, object in ipairs(objects) do
      if #object.metadata.name > 10 then report(object.metadata, "name", "the name is long") end
    end
  end,
}

waive { rule = "site/replicas", match = "big", reason = "it is known", expires = "2027-01-31" }
