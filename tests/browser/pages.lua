-- The pages that run.js opens: one of a hundred thousand targets, one of some with what their texts should be, one full of traps, and those
-- of real runs.
local emit = require "engine.emit"
local html = require "reports.html"
local pages = dofile "tests/lib/pages.lua"
local shell = dofile "tests/lib/shell.lua"

local folder, moonstep = ...

local function write_page(name, title, targets, others)
  local page = html.new { title = title, facts = { { "Task", "postgres-backup-11.2" }, { "policies", "kubernetes, backup" } } }
  for _, target in ipairs(targets) do page:target(target) end
  for _, record in ipairs(others or {}) do page:finding(record) end
  assert(page:write(folder .. "/" .. name .. ".html"))
end

local many = pages.targets(100000)
write_page("many", "Nightly backups", many)

local some, texts = table.move(many, 1, 500, 1, {}), {}
for i, target in ipairs(some) do texts[i] = { name = target.name, text = target.text or "", provenance = target.provenance } end
write_page("some", "Nightly backups", some, { { rule = "unused-value", severity = "warning", message = "--set X: nothing asks for it" } })
shell.write(folder .. "/some.json", emit.new {}:json(texts))

-- What would run, load or show if any of it were taken for HTML.
local TRAP = "<img src=x onerror=\"window.caught=1\"><b>x</b></script><script>window.caught=1</script>{{head}}"
local job = { kind = "Job", namespace = TRAP, name = TRAP }
local trap = { rule = TRAP, severity = "error", message = TRAP, hint = TRAP, file = TRAP, within = TRAP, path = TRAP, object = job,
  related = { message = TRAP, file = TRAP }, waived = { reason = TRAP, expires = TRAP } }
write_page("traps", TRAP, { { name = TRAP, namespace = TRAP, kind = TRAP, object = TRAP, text = "a: '" .. TRAP .. "'\n\u{202e}b: 1\n",
  withheld = true, findings = { trap }, provenance = { { path = "a", place = TRAP, words = TRAP } } } })
write_page("empty", "Nothing", {})

-- A batch of a hundred thousand rows, of which every thousandth fails, as it is printed and as a page.
local rows = {}
for i = 1, 100000 do
  rows[i] = i % 1000 == 0 and ('{"name":"db-%d"}\n'):format(i)
    or ('{"name":"db-%d","namespace":"shop-%d","variables":{"REPOSITORY_SECRET_NAME":"key-%d"}}\n'):format(i, i % 50, i)
end
shell.write(folder .. "/rows.ndjson", table.concat(rows))
local batch = "%s render -q -f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b --policy kubernetes "
  .. "--targets %s/rows.ndjson --report html=%s/batch.html >%s/batch.yaml"
local quoted = shell.quote(folder)
assert(select(3, shell.run(batch:format(shell.quote(moonstep), quoted, quoted, quoted))) == 2)

-- Real runs: whatever is in the cases of the templates and of Stash's own Jobs.
local line = "%s render -f tests/templates/cases/%s --keep-going -o name --report html=%s/run-%d.html"
for i, case in ipairs(shell.entries "tests/templates/cases") do
  shell.run(line:format(shell.quote(moonstep), shell.quote(case), shell.quote(folder), i))
end
line = "%s check -f examples/postgres --config examples/site/moonstep.yaml --policy backup --today 2100-01-01 --report html=%s/check.html"
local _, err, status = shell.run(line:format(shell.quote(moonstep), shell.quote(folder)))
assert(status == 1, err)
