-- The page of a run that had all its targets in memory: findings are put with the targets whose objects they are about.
local diag = require "base.diag"
local html = require "reports.html"

local function id_of(object) return ("%s\0%s\0%s\0%d"):format(object.kind, object.namespace or "", object.name, object.index or 0) end

local function made_id(object) return id_of { kind = object.kind, namespace = object.metadata.namespace, name = object.metadata.name } end

-- The target that each object belongs to, by its id; the first that made it has it.
local function owners_of(targets)
  local owners = {}
  for _, target in ipairs(targets) do
    local ids = { id_of(target.origin) }
    for _, object in ipairs(target.objects) do ids[#ids + 1] = made_id(object) end
    for _, id in ipairs(ids) do owners[id] = owners[id] or target end
  end
  return owners
end

-- report(findings, run) -> the page as a list of strings. run.seen are the targets as output.seen gives them, run.title and run.facts as
-- reports.html has them.
return function(findings, run)
  local page = html.new { title = run.title, facts = run.facts }
  local owners, others = owners_of(run.seen), {}
  for _, target in ipairs(run.seen) do target.findings = {} end
  for _, d in ipairs(findings) do
    local owner = d.object and d.object.kind and d.object.name and owners[id_of(d.object)]
    table.insert(owner and owner.findings or others, diag.record(d))
  end
  for _, target in ipairs(run.seen) do page:target(target) end
  for _, record in ipairs(others) do page:finding(record) end
  return page:parts()
end
