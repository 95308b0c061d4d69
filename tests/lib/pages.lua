-- Pages of reports: targets to fill them with, and what they hold.
local load = require "engine.load"

local pages = {}

local function decode(text) return assert(load.next(assert(load.reader(assert(load.source(text, "page")))))) end

-- read(text of a page) -> its data, decoded, with its style and script
function pages.read(text)
  local page = { style = text:match "<style>(.-)</style>", script = text:match "<script>(.-)</script>" }
  for _, id in ipairs { "head", "plans", "targets", "findings" } do
    page[id] = decode(assert(text:match('<script type="application/json" id="' .. id .. '">(.-)</script>'), id))
  end
  return page
end

-- fill(page, plan, name, namespace, row, from) -> text, as data.js fills a plan: slots stand in the row from there on.
function pages.fill(page, plan, name, namespace, row, from)
  local out = {}
  for i, piece in ipairs(page.plans[plan + 1]) do
    out[i] = type(piece) == "string" and piece or piece == -1 and name or piece == -2 and namespace or row[from + piece]
  end
  return table.concat(out)
end

local function add_strings(v, out)
  if type(v) == "string" then out[#out + 1] = v end
  for _, each in pairs(type(v) == "table" and v or {}) do add_strings(each, out) end
end

-- words(page) -> everything that the page can show of its data, each on a line of its own
function pages.words(page)
  local out = {}
  add_strings(page.head, out)
  for _, row in ipairs(page.targets) do
    add_strings({ row[1], row[2] }, out)
    if row[4] >= 0 then out[#out + 1] = pages.fill(page, row[4], row[1], row[2], row, 5) end
  end
  for _, row in ipairs(page.findings) do
    local target = page.targets[row[1] + 1] or { "", "" }
    if row[5] >= 0 then out[#out + 1] = pages.fill(page, row[5], target[1], target[2], row, 6) end
  end
  return table.concat(out, "\n")
end

-- --- targets as a batch has them: Jobs of one Task with their findings and where fields come from

local JOB = [[
apiVersion: batch/v1
kind: Job
metadata:
  name: task-@name@
  namespace: @namespace@
  labels:
    app.kubernetes.io/managed-by: stash.appscode.com
    "example.org/owner.name": @owner@
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      initContainers:
      - name: postgres-backup-0
        image: "appscode/stash-postgres:11.2"
        args:
        - backup-pg
        - "--host=@host@"
        - "--bucket=@bucket@"
        - "--path=postgres/@name@"
@steps@        command:
        - sh
        - -c
        - |
          set -e
          echo "@name@ <in> @namespace@"

          - no: item
      containers:
      - name: update-status-1
        image: "appscode/stash:latest"
        args:
        - "--namespace=@namespace@"
        - "--target-name=@name@"
      volumes:
      - name: secret-volume
        secret:
          secretName: @bucket@-credentials
]]

local WORDS = { "orders", "billing", "search", "accounts", "ledger", "ads", "mail", "crm", "wiki", "geo" }

-- Lines that all Jobs have, so that they are as long as real ones.
local function steps()
  local lines = {}
  for i = 1, 70 do lines[i] = ("        - \"--setting-%02d=a value that all have\"\n"):format(i) end
  return table.concat(lines)
end

local function random_source()
  local seed = 4711
  return function(most)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return (seed >> 8) % most
  end
end

-- The findings of a target, or none.
local function findings_of(object, i, random)
  local found = {}
  local function add(d)
    d.object, d.within = object, ("Job %s/%s"):format(object.namespace, object.name)
    found[#found + 1] = d
  end
  if random(3) == 0 then
    add { rule = "backup/image-pinned", severity = "warning", message = "the image appscode/stash-postgres:11.2 is not pinned by a digest",
      file = "functions.yaml", line = 8, column = 10, path = "spec.template.spec.initContainers[0].image" }
  end
  if random(10) == 0 then
    add { rule = "site/owner", severity = "error", message = ("nobody owns %s, says the inventory"):format(object.name:sub(6)),
      file = "fleet.csv", line = i + 1, column = 1, path = 'metadata.labels["example.org/owner.name"]', hint = "add an owner" }
  end
  if random(50) == 0 then
    add { rule = "image-pinned", severity = "error", message = "appscode/stash:latest is not pinned by a digest",
      path = "spec.template.spec.containers[0].image", waived = { reason = "OPS-7: vendor image", expires = "2027-01-31" } }
  end
  return found
end

local UNSET = { rule = "unset-variable", severity = "error", message = "OWNER has no value" }

local function provenance_of(i)
  return { { path = "metadata.namespace", place = ("fleet.csv:%d:2"):format(i + 1), words = "NAMESPACE from the row" },
    { path = "spec.template.spec.initContainers[0].image", place = "functions.yaml:7:10", words = "Function postgres-backup" } }
end

-- targets(count) -> a list of what reports.html takes
function pages.targets(count)
  local random, all, filler = random_source(), {}, steps()
  for i = 1, count do
    local name, namespace = ("%s-%s-%d"):format(WORDS[random(10) + 1], WORDS[random(10) + 1], i), "team-" .. random(40) + 1
    local values = { name = name, namespace = namespace, owner = ("\"o%d\""):format(random(30)), bucket = "b" .. random(500),
      host = ("%d.db.%s.example"):format(random(254), namespace), steps = filler }
    local object = { kind = "Job", namespace = namespace, name = "task-" .. name }
    local failed = random(200) == 0
    local found = failed and { UNSET } or findings_of(object, i, random)
    local withheld = false
    for _, d in ipairs(found) do withheld = withheld or d.severity == "error" and not d.waived end
    all[i] = { name = name, namespace = namespace, kind = "Job", object = object.name, failed = failed, withheld = withheld,
      findings = found, text = not failed and JOB:gsub("@(%l+)@", values) or nil, provenance = not failed and provenance_of(i) or nil }
  end
  return all
end

return pages
