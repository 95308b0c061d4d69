test "the host is put in" { render = true, file = "task.yaml", task = "dump", snapshot = "made/job.yaml" }
test "without the provider" { scripts = {}, render = true, file = "task.yaml", task = "dump", error = "HOST has no value" }
