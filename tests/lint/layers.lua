-- The layers: a C file includes only folders below its own, and lua.h only in engine/lua; a Lua module requires only what stands
-- before it in the manifest, and every file is listed there.
local shell = dofile "tests/lib/shell.lua"

local LAYERS = { "base", "data", "subst", "host", "lua" }
local rank, wrong = {}, 0
for i, folder in ipairs(LAYERS) do rank[folder] = i end

local function complain(...)
  wrong = wrong + 1
  print(("layers: " .. (...)):format(select(2, ...)))
end

local function files(folder, ending)
  local pipe = assert(io.popen(("find %s -name '*%s' | LC_ALL=C sort"):format(folder, ending)))
  return pipe:lines()
end

for path in files("engine", ".[ch]") do
  local own = rank[path:match "^engine/(%w+)/"] or #LAYERS + 1
  for included in shell.read(path):gmatch '#include ["<]([%w_/.]+)[">]' do
    local other = rank[included:match "^(%w+)/" or ""]
    if other and other > own then complain("%s includes %s, which is above it", path, included) end
    if included:match "^l[ua]+[xlib]*%.h$" and own < rank.lua then complain("%s includes %s", path, included) end
  end
end

local PROMPTS = { ["commands.lua"] = true, ["run.show"] = true } -- who talks to somebody while it runs
local order = {}
for i, name in ipairs(dofile "lua/manifest.lua") do order[name] = i end
for path in files("lua", ".lua") do
  local name = path:match "^lua/(.*)%.lua$":gsub("/", ".")
  local ours = name ~= "manifest" and not name:find "^init%." -- what lua/init holds is written into a user's folder
  if ours and not order[name] then complain("%s is not in the manifest", path) end
  for required in shell.read(path):gmatch 'require%(?%s*"([%w_.]*[%w_])"' do
    local engine = required:find "^engine%."
    if required == "engine.prompt" and not PROMPTS[name] then complain("%s prints at once", path) end
    if not engine and not (order[required] and order[required] < (order[name] or 0)) then
      complain("%s requires %s, which does not stand before it", path, required)
    end
  end
end
if wrong == 0 then print "layers: fine" end
return wrong == 0
