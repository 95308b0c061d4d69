-- The template `sequence`: one Job a step, to show that the mapping is a script's choice.
--
-- The Jobs are numbered and all but the first are suspended: somebody has to set suspend to false on the next when one is complete, for
-- nothing in Kubernetes itself orders Jobs. Each step gets retries and logs of its own. What does not work this way: an emptyDir
-- is new in every Job, so steps that hand files to each other need a claim, such as interimVolumeTemplate's.

-- "name-N" within 63 bytes
local function numbered(name, number)
  local suffix = "-" .. number
  return name:sub(1, 63 - #suffix) .. suffix
end

template "sequence" {
  summary = "one Job a step; all but the first are suspended until somebody lets them go",
  render = function(ctx)
    local containers, objects = ctx:containers(), ctx:claims()
    for i, container in ipairs(containers) do
      local metadata, pod_metadata = ctx:metadata(), ctx:pod_metadata()
      metadata.name = numbered(metadata.name, i - 1)
      metadata.labels["moonstep.dev/step"], pod_metadata.labels["moonstep.dev/step"] = tostring(i - 1), tostring(i - 1)
      local owner = metadata.ownerReferences and metadata.ownerReferences[1]
      if owner and owner.uid == "" then metadata.ownerReferences = nil end
      objects[#objects + 1] = k8s.job {
        metadata = metadata,
        spec = { backoffLimit = 0, suspend = i > 1 or nil, template = { metadata = pod_metadata,
          spec = ctx:pod { containers = { container }, volumes = ctx:volumes(), restartPolicy = "Never" } } },
      }
    end
    return objects
  end,
}
