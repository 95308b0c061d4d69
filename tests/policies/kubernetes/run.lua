-- Holds the pack `kubernetes` against the verdicts of a real API server:
--   build/moonstep-lua tests/policies/kubernetes/run.lua [-v]
-- An object is refused when a rule finds an error in it, fields that are dropped apart. Differences that are known, with their reasons,
-- stand
-- in differences.lua; the others must be few. -v lists them.
local load = require "engine.load"
local differences = dofile "tests/policies/kubernetes/differences.lua"
local mutate = dofile "tests/policies/kubernetes/mutate.lua"
local verdicts = dofile "tests/policies/kubernetes/verdicts.lua"
local write = require "output.write"

local LEAST = 0.995 -- of the objects whose verdicts can be compared
local verbose = ... == "-v"

local TOGETHER = 200 -- objects a file and process: the more that are unlike each other, the more each of them costs
local AT_ONCE = 2    -- processes at a time, with a folder each

-- Writes the objects into files of the folders in turn, each on a line of its own: object i of a file stands in line 2 i.
local function write_all(changes, folder)
  for first = 1, #changes, TOGETHER do
    local out = {}
    for i = first, math.min(first + TOGETHER - 1, #changes) do
      out[#out + 1] = "---\n" .. assert(write.text(changes[i].object, "ndjson"))
    end
    local handle = assert(io.open(("%s/%d/%d.yaml"):format(folder, first // TOGETHER % AT_ONCE + 1, first), "w"))
    handle:write(table.concat(out))
    handle:close()
  end
end

-- What the pack says, by the objects' numbers: the rules that find errors, and the first field that is dropped.
local function ask_pack(folder)
  local refused, dropped, commands = {}, {}, {}
  for i = 1, AT_ONCE do
    local command = "for f in %s/%d/*.yaml; do %s check --policy kubernetes --format ndjson -f $f; done > %s/%d.out &"
    commands[i] = command:format(folder, i, os.getenv "MOONSTEP" or "build/moonstep", folder, i)
  end
  os.execute(table.concat(commands, " ") .. " wait")
  local function take(line)
    local finding = load.next(load.reader(load.source(line, "finding")))
    local ours = finding.rule:find "^kubernetes/"
    if not ours and finding.severity == "error" then error(line) end
    local i = ours and tonumber(finding.file:match "(%d+)%.yaml$") + finding.line // 2 - 1
    if finding.rule == "kubernetes/unknown-field" then dropped[i] = dropped[i] or finding.path
    elseif ours and finding.severity == "error" then
      refused[i] = (refused[i] and refused[i] .. ", " or "") .. finding.rule .. " @ " .. (finding.path or "")
    end
  end
  for i = 1, AT_ONCE do
    for line in io.lines(("%s/%d.out"):format(folder, i)) do take(line) end
  end
  return refused, dropped
end

local function temporary_folder()
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read "l"
  pipe:close()
  return folder
end

local changes, known = mutate.all(), verdicts.read()
local folder = temporary_folder()
for i = 1, AT_ONCE do os.execute(("mkdir %s/%d"):format(folder, i)) end
write_all(changes, folder)
local refused, dropped = ask_pack(folder)
os.execute("rm -r " .. folder)

local counts = { agree = 0, differ = 0, version = 0, admission = 0, drop_agree = 0, drop_differ = 0 }
local lines = {}
for i, change in ipairs(changes) do
  local id = verdicts.id(change)
  local verdict = known[id] or error("no verdict is recorded for " .. id .. "; record.lua asks a server")
  local theirs, ours = verdict:match "^%a+", refused[i] and "no" or dropped[i] and "drops" or "ok"
  local reason = differences.reason(change, verdict, ours)
  local refuses = theirs == "no"
  if theirs == "admission" then counts.admission = counts.admission + 1
  elseif reason then counts.version = counts.version + 1
  elseif refuses ~= (ours == "no") then
    counts.differ = counts.differ + 1
    lines[#lines + 1] = ("%s\n    server: %s\n    pack:   %s"):format(id:gsub("\t", ": "), verdict, refused[i] or "ok")
  else
    counts.agree = counts.agree + 1
    if not refuses then
      local same = (theirs == "drops") == (ours == "drops")
      counts[same and "drop_agree" or "drop_differ"] = counts[same and "drop_agree" or "drop_differ"] + 1
      if not same then lines[#lines + 1] = ("%s\n    server: %s\n    pack:   %s"):format(id:gsub("\t", ": "), verdict, dropped[i]
        or "ok") end
    end
  end
end

if verbose then print(table.concat(lines, "\n")) end
local share = counts.agree / (counts.agree + counts.differ)
local drop_share = counts.drop_agree / (counts.drop_agree + counts.drop_differ)
print(("policies/kubernetes: %d objects; a server's verdict agrees with the pack's for %.2f%% of %d, and what is dropped for %.2f%% of %d;"
  .. " %d known differences, %d not judged"):format(#changes, 100 * share, counts.agree + counts.differ, 100 * drop_share,
  counts.drop_agree + counts.drop_differ, counts.version, counts.admission))
if share < LEAST or drop_share < LEAST then
  print("not ok: run.lua -v lists the differences")
  return false
end
