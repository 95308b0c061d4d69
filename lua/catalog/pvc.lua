-- The files of a PersistentVolumeClaim: restic reads and writes them where they are. The claim is mounted as the target says (the first of
-- target.volumeMounts, else /stash-data); a restore puts files back in their places and leaves others alone.
return {
  name = "pvc",
  summary = "PersistentVolumeClaim: its files, by restic alone",
  tested = "rendered, shell parsed; shell text run and end to end on files, on podman and Kubernetes",
  files = true,
  claim = { name = "targetClaim", default = "${TARGET_NAME}", summary = "the claim" },
}
