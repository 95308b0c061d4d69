-- The template `sequence`: one Job a step, to show that the mapping is a script's choice.
--
-- It differs from `job` in nothing else: safe defaults, claims, owners and errors are the same, and each Job may take as long as
-- timeOut says. The Jobs are numbered and all but the first are suspended: somebody has to set suspend to false on the next when one is
-- complete, for nothing in Kubernetes itself orders Jobs. Each step gets retries and logs of its own. What does not work this way: an
-- emptyDir is new in every Job, so steps that hand files to each other need a claim, such as interimVolumeTemplate's.

template "sequence" {
  summary = "one Job a step; all but the first are suspended until somebody lets them go",
  render = function(ctx)
    local containers, objects = ctx:containers(), ctx:claims()
    for i, container in ipairs(containers) do
      local metadata, pod_metadata = ctx:metadata(i - 1), ctx:pod_metadata()
      metadata.labels["moonstep.dev/step"], pod_metadata.labels["moonstep.dev/step"] = tostring(i - 1), tostring(i - 1)
      objects[#objects + 1] = k8s.job {
        metadata = metadata,
        spec = { backoffLimit = 0, suspend = i > 1 or nil, activeDeadlineSeconds = ctx:deadline(), template = { metadata = pod_metadata,
          spec = ctx:pod { containers = { container }, volumes = ctx:volumes(), restartPolicy = "Never" } } },
      }
    end
    return objects
  end,
}
