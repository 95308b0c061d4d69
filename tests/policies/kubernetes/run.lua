-- Holds the pack `kubernetes` against the verdicts of a real API server:
--   build/moonstep-lua tests/policies/kubernetes/run.lua [-v]
-- An object is refused when a rule finds an error in it, fields that are dropped apart. Differences that are known, with their reasons, stand
-- in differences.lua; the others must be few. -v lists them.
local load = require "engine.load"
local differences = dofile "tests/policies/kubernetes/differences.lua"
local mutate = dofile "tests/policies/kubernetes/mutate.lua"
local verdicts = dofile "tests/policies/kubernetes/verdicts.lua"
local write = require "output.write"

local LEAST = 0.995 -- of the objects whose verdicts can be compared
local verbose = ... == "-v"

-- Writes the objects into one file, each on a line of its own. Object i stands in line 2 i.
local function write_all(changes, file)
  local out = {}
  for i, change in ipairs(changes) do out[i] = "---\n" .. assert(write.text(change.object, "ndjson")) end
  local handle = assert(io.open(file, "w"))
  handle:write(table.concat(out))
  handle:close()
end

-- What the pack says to each line: { rules of errors }, { fields that are dropped }.
local function ask_pack(file)
  local refused, dropped = {}, {}
  local command = ("%s check --policy kubernetes --format ndjson -f %s"):format(os.getenv "MOONSTEP" or "build/moonstep", file)
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do
    local finding = load.next(load.reader(load.source(line, "finding")))
    local i = finding.line and finding.line // 2
    if not finding.rule:find "^kubernetes/" and finding.severity == "error" then error(line) end
    if finding.rule == "kubernetes/unknown-field" then dropped[i] = dropped[i] or finding.path
    elseif finding.rule:find "^kubernetes/" and finding.severity == "error" then
      refused[i] = (refused[i] and refused[i] .. ", " or "") .. finding.rule .. " @ " .. (finding.path or "")
    end
  end
  pipe:close()
  return refused, dropped
end

local changes, known = mutate.all(), verdicts.read()
local file = os.tmpname()
write_all(changes, file)
local refused, dropped = ask_pack(file)
os.remove(file)

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
      if not same then lines[#lines + 1] = ("%s\n    server: %s\n    pack:   %s"):format(id:gsub("\t", ": "), verdict, dropped[i] or "ok") end
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
