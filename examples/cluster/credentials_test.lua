-- What the cluster answered was recorded with `moonstep render --record examples/cluster/recorded`, so these need none.
test "the Job has what the cluster says" {
  render = true, file = "task.yaml", session = "{name}-1", replay = "recorded", snapshot = "orders.snapshot.yaml", expect = {},
}
