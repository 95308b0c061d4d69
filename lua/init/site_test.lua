-- Tests of site.lua, which `moonstep test` runs. A finding is written "rule @ path", or "rule @ path: words of its message".

-- A Task of one step with this image.
local function task(image)
  return [[
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: dump}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "]] .. image .. [[", args: ["${DB_HOST}"]}
]]
end

test "the host comes from the inventory" {
  render = true,
  input  = task "postgres:16.4",
  task   = "dump",
  set    = { DATABASE = "orders" },
  expect = {},
}

test "a database that the inventory does not know has no host" {
  render = true,
  input  = task "postgres:16.4",
  task   = "dump",
  set    = { DATABASE = "unknown" },
  error  = "DB_HOST has no value",
}

test "an image without a tag is found" {
  render = true,
  input  = task "postgres",
  task   = "dump",
  set    = { DATABASE = "orders" },
  expect = { "image-tagged @ spec.template.spec.containers[0].image: postgres may be another image" },
}
