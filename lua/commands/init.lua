-- moonstep init FOLDER
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local reference = require "scripts.reference"

-- What stands in lua/init, in the order in which a reader wants it.
local NAMES = { "README.md", "moonstep.yaml", "site.lua", "site_test.lua", "inventory.csv", "backup.yaml", ".luarc.json" }

local command = {
  summary = "write a new site: configuration, scripts, their tests and a Task",
  usage = "moonstep init FOLDER",
  text = [[
Writes a site that works into a folder, which is made or must be empty: moonstep.yaml, a script with a provider and a rule, their
tests, what they read, a Task, and what editors with the Lua language server need. Prints the names of the files. Its README.md says how
to go on.
]],
  operands = "folder",
  options = { { long = "help", short = "h", kind = "flag", help = "this text" } },
}

-- The files as engine.files.write takes them.
local function site(folder)
  local all = {}
  local function add(name, text) all[#all + 1] = { folder .. name, text } end
  for _, name in ipairs(NAMES) do add(name, host.text("lua/init/" .. name)) end
  add("moonstep.meta.lua", reference.annotations())
  return all
end

function command.run(_, operands, wrong)
  local folder = operands[1]
  if not folder or operands[2] then return wrong "init needs one folder: moonstep init FOLDER" end
  local all = site(folder:gsub("/*$", "/"))
  local ok, problem = files.new_folder(folder)
  if ok then ok, problem = files.write(all) end
  if not ok then
    local report = diag.report {}
    report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message,
      hint = problem.id == "not-empty" and "init writes into a new or an empty folder only" or nil }
    return report:status()
  end
  for _, file in ipairs(all) do host.output(file[1] .. "\n") end
  return 0
end

return command
