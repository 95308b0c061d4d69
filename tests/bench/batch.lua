-- batch.lua MOONSTEP FOLDER: what batch.c runs over. In FOLDER: model.yaml, the example with images and resources that the packs have
-- nothing against; rows.ndjson with 100,000 rows, rows2.ndjson with twice as many, million.ndjson, few.ndjson with 10,000; chart/, which
-- makes the same text of 10,000 of them with helm.
local shell = dofile "tests/lib/shell.lua"

local moonstep, folder = assert(..., "batch.lua MOONSTEP FOLDER"), assert(select(2, ...))
local DIGEST = "@sha256:" .. ("0123456789abcdef"):rep(4)
local RESOURCES = "  runtimeSettings: {resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}}\n"

os.execute(("mkdir -p %s/chart/templates"):format(folder))

local IMAGE = "image: registry.example/tool" .. DIGEST .. "\n"
local functions = shell.read "examples/postgres/functions.yaml":gsub("image: [^\n]*\n", IMAGE .. RESOURCES)
shell.write(folder .. "/model.yaml", functions .. "---\n" .. shell.read "examples/postgres/task.yaml")

local ROW = '{"name":"orders-%06d","namespace":"shop-%d","variables":{"HOSTNAME":"host-%d","REPOSITORY_BUCKET":"backups-%d",'
  .. '"REPOSITORY_SECRET_NAME":"repo-%d"}}\n'

local function write_rows(name, count)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  for i = 0, count - 1 do file:write(ROW:format(i, i % 50, i, i % 7, i)) end
  file:close()
end

write_rows("rows.ndjson", 100000)
write_rows("rows2.ndjson", 200000)
write_rows("million.ndjson", 1000000)
write_rows("few.ndjson", 10000)
write_rows("one.ndjson", 1)

-- The text of the first target with its values as helm's.
local line = "%s render -q -f %s/model.yaml --task postgres-backup-11.2 --targets %s/one.ndjson"
local pipe = assert(io.popen(line:format(moonstep, folder, folder)))
local text = pipe:read "a"
pipe:close()
for from, to in pairs { ["orders%-000000"] = "orders-{{ .n }}", ["shop%-0"] = "shop-{{ .shop }}", ["host%-0"] = "host-{{ .n }}",
  ["backups%-0"] = "backups-{{ .bucket }}", ["repo%-0"] = "repo-{{ .n }}" } do text = text:gsub(from, to) end
shell.write(folder .. "/chart/Chart.yaml", "apiVersion: v2\nname: jobs\nversion: 1.0.0\n")
shell.write(folder .. "/chart/templates/jobs.yaml", "{{- range .Values.targets }}\n" .. text .. "{{- end }}\n")
local values = { "targets:\n" }
for i = 0, 9999 do values[#values + 1] = ('- {n: "%06d", shop: %d, bucket: %d}\n'):format(i, i % 50, i % 7) end
shell.write(folder .. "/chart/values.yaml", table.concat(values))
