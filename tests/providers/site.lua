-- A site in a folder of its own, whose variables are asked for as a Function asks for them.
local load = require "engine.load"
local shell = dofile "tests/lib/shell.lua"

local site = {}

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"
local folder = io.popen("mktemp -d"):read "l"

site.tool = shell.quote(tool)
site.folder = folder

-- Runs a line in the folder; what it prints must not matter.
function site.sh(line)
  local out, err, status = shell.run(("cd %s && %s"):format(shell.quote(folder), line))
  if status ~= 0 then error(("%s\nstatus %d\n%s%s"):format(line, status, out, err), 2) end
  return (out:gsub("\n$", ""))
end

function site.write(path, text) shell.write(folder .. "/" .. path, text) end

function site.remove() os.execute("rm -rf " .. shell.quote(folder)) end

local DOCUMENTS = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: i, args: [%s]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}]}
]]

-- documents(arguments, as items of a list) -> a Function with these, and its Task t
function site.documents(arguments) return DOCUMENTS:format(arguments) end

local function is_name(word) return word:find "^%u" ~= nil end

-- values_in(folder, what stands below providers: in moonstep.yaml, names...) -> the values of the variables, "(none)" where nobody has one;
-- or nil and what was printed. moonstep.yaml is put into the folder, which is below the site's, and moonstep is run in it. In place of
-- a name, a text with ${VARIABLES} may be given.
function site.values_in(within, providers, ...)
  local names = { ... }
  for i, name in ipairs(names) do names[i] = is_name(name) and ('"${%s:-(none)}"'):format(name) or name end
  site.write(within .. "/moonstep.yaml", ("providers:\n  %s\n"):format(providers))
  site.write(within .. "/ask.yaml", site.documents(table.concat(names, ", ")))
  local out, err, status = shell.run(("cd %s && %s render -f ask.yaml --task t -o json"):format(shell.quote(folder .. "/" .. within),
    site.tool))
  if status ~= 0 or err ~= "" then return nil, err end
  return load.next(load.reader(load.source(out))).spec.template.spec.containers[1].args
end

-- The same in the site's own folder.
function site.values(providers, ...) return site.values_in(".", providers, ...) end

-- As values, for one variable.
function site.value(providers, name)
  local all, why = site.values(providers, name)
  return all and all[1], why
end

return site
