-- The template `job`, the default: the mapping of `stash` without the accidents of the original.
--
-- Steps become init containers in order, the last one the container, with the same names. What is done otherwise:
--
--   A1   variables that cannot be computed are an error of the target, not a Job without containers
--   A2   a StatefulSet's backup is written under its alias or host-0, as any other, not under a piece of the operator's Pod name
--   A3   so is a DaemonSet's, which had no host name at all
--   A4   names of Functions may be computed
--   A5   a restore that gives parameters gets the AppBinding's parameters for restores
--   A6   security contexts that were given are kept whole, and the defaults that were meant apply (templates/security.lua)
--   A7   requests count without limits, limits leave a Function's requests alone, nice and ionice of a Function count, podLabels
--        reach the Pod
--   A8   a negative length is an error of the text                       A9   so is a scratch volume that is no emptyDir
--   A10  members of a batch and replicas of a restore have claims for interim data of their own, under names that are not cut
--   A12  what no rule of a restore says, the host without an alias included, is not set, so that defaults apply
--   A13  TARGET_NAME of a restore with claim templates has the replica's number in it
--   A14  the replica's number counts within a Job's 63 bytes, and container names are cut to 63
--   and  the volume of a local backend is mounted where the Repository says, in every container
--   and  a volume with two sources is an error, be it given once or twice; so are two objects of one name, such as the Jobs of the
--        sessions a.b and a-b, of which the original makes one
--
-- A11 is mended in `stash` as well; A15 to A17 happen in the cluster, not in what is rendered.
--
-- What an API server would refuse is not made:
--
--   resources    the invoker's limits replace a Function's, its requests too, each for itself. When only one of them is given, it counts
--                where the Function's other does not go with it: requests come down to the limit, limits up to the request. Of devices
--                and huge pages request and limit are made equal.
--   probes       and lifecycle are left out of init containers, with a warning
--   owners       without uid are left out
--   timeOut      of the invoker is the deadline (activeDeadlineSeconds), zero is none, and a negative one is an error
--   security     nothing is set that contradicts what was given: no root for who asks not to be, no allowPrivilegeEscalation: false for
--                who is privileged or adds SYS_ADMIN
--
-- Beyond that, an emptyDir without sizeLimit gets that of the option scratchSize. A container that is given root as its user and told
-- not to be root stays as it was given, with a warning: it will not start.

template "job" {
  summary = "steps in order: init containers, then the last as the container; safe defaults",
  render = function(ctx)
    local steps = ctx:containers()
    local last = table.remove(steps)
    local pod = ctx:pod { initContainers = steps, containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" }
    local objects = ctx:claims()
    objects[#objects + 1] = k8s.job {
      metadata = ctx:metadata(),
      spec = { backoffLimit = 0, activeDeadlineSeconds = ctx:deadline(), template = { metadata = ctx:pod_metadata(), spec = pod } },
    }
    return objects
  end,
}
