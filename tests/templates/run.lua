-- Templates: each folder of cases/ is an input and what the built-in templates make of it.
--   input.yaml          what is rendered, with --keep-going
--   options             more words for the command line (a missing file: none)
--   TEMPLATE.yaml       the objects that this template makes, compared as the conformance cases are (a missing file: none)
--   TEMPLATE.err        what it prints to standard error, word for word (a missing file: nothing)
-- A template is tried when one of its two files is there; every case has those of `job` and `stash`. `UPDATE=1 make test-templates` writes
-- down what comes out now: read the difference before you commit it.
-- Usage: moonstep-lua tests/templates/run.lua [NAME]...
local shell = dofile "tests/lib/shell.lua"
local compare = dofile "tests/lib/compare.lua"

local folder = "tests/templates/cases"
local update = os.getenv "UPDATE"
local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"
local only = { ... }

local NEEDED = { job = true, stash = true }

local function content(path) return shell.exists(path) and shell.read(path) or "" end

local function put(path, text)
  if text == "" then os.remove(path) else shell.write(path, text) end
end

-- Renders a case with a template. Returns nil, or why the outcome is not the wanted one.
local function check(path, template)
  local want = path .. "/" .. template
  local options = content(path .. "/options"):gsub("\n", " ")
  local out, err, status = shell.run(("cd %s && %s render -f input.yaml --keep-going --template %s %s"):format(shell.quote(path),
    shell.quote(tool), template, options))
  if update then
    put(want .. ".yaml", out)
    put(want .. ".err", err)
    return nil
  end
  if err ~= content(want .. ".err") then return ("%s.err differs; got:\n%s"):format(template, err) end
  local failed = err:find("error[", 1, true) ~= nil
  if (status ~= 0) ~= failed then return ("exit status %d with %s"):format(status, template) end
  local why = compare.documents(compare.parse(out, "stdout"), compare.parse(content(want .. ".yaml"), template .. ".yaml"))
  return why and ("%s.yaml: %s"):format(template, why)
end

local passed, failed = 0, 0
for _, name in ipairs(#only > 0 and only or shell.entries(folder)) do
  local path = folder .. "/" .. name
  for _, template in ipairs { "job", "stash", "sequence" } do
    local wanted = shell.exists(path .. "/" .. template .. ".yaml") or shell.exists(path .. "/" .. template .. ".err")
    if wanted or NEEDED[template] then
      local ok, why = pcall(check, path, template)
      if ok and not why then passed = passed + 1
      else
        failed = failed + 1
        print(("not ok %s: %s"):format(name, why))
      end
    end
  end
end
print(("templates: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
