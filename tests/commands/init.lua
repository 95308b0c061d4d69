-- moonstep init: what it writes does what its README says, and where it refuses.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"
local folder = io.popen("mktemp -d"):read "l"

-- Runs a line in the folder, with `moonstep` as the tool.
local function run(line)
  return shell.run(("cd %s && moonstep() { %s \"$@\"; } && %s"):format(shell.quote(folder), shell.quote(tool), line))
end

local function works(line)
  local out, err, status = run(line)
  if status ~= 0 or err ~= "" then error(("%s\nstatus %d\n%s"):format(line, status, err), 2) end
  return out
end

local NAMES = "README.md moonstep.yaml site.lua site_test.lua inventory.csv backup.yaml .luarc.json moonstep.meta.lua"

local tests = {
  { "lists what it wrote, and nothing else is there", function()
    local out = works "moonstep init new/site"
    suite.equal(out, NAMES:gsub("%S+ ?", function(name) return ("new/site/%s\n"):format((name:gsub(" ", ""))) end))
    suite.equal(works "ls -A new/site | wc -l", "8\n")
  end },
  { "the README's commands work, each without a message", function()
    local count = 0
    for line in shell.read(folder .. "/new/site/README.md"):gmatch "\n    (moonstep [^\n]*)" do
      count = count + 1
      local out = works("cd new/site && " .. line)
      suite.equal(out:find("kind: Job", 1, true) ~= nil, line:find "^moonstep render" ~= nil, line)
    end
    suite.equal(count, 3)
  end },
  { "the provider and the rule do something", function()
    suite.equal(works "cd new/site && moonstep render -f . --task dump-and-upload --set DATABASE=ledger"
      :find("--host=pg-2.example.com", 1, true) ~= nil, true)
    works "cd new/site && sed -i s/:16.4// backup.yaml"
    local out, _, status = run "cd new/site && moonstep check -f . --task dump-and-upload --set DATABASE=orders"
    suite.equal(status, 1)
    suite.equal(out:find("backup.yaml:23:10: error[image-tagged]", 1, true) ~= nil, true, out)
  end },
  { "an empty folder will do, the working folder too", function()
    works "mkdir empty && cd empty && moonstep init . && moonstep check -f . --task dump-and-upload --set DATABASE=orders"
  end },
  { "the annotations are those of help api", function()
    suite.equal(works "moonstep help api --annotations | cmp - new/site/moonstep.meta.lua", "")
  end },
  { "a folder with anything in it is left alone, hidden or not", function()
    for _, name in ipairs { "file", ".hidden" } do
      local _, err, status = run(("mkdir full && touch full/%s && moonstep init full"):format(name))
      suite.equal(status, 2)
      suite.equal(err:match "^[^\n]*", "moonstep: error[not-empty]: the folder full is not empty")
      suite.equal(works "ls -A full && rm -r full", name .. "\n")
    end
  end },
  { "a file is no folder", function()
    local _, err, status = run "touch plain && moonstep init plain"
    suite.equal(status, 2)
    suite.equal(err, "moonstep: error[unwritable]: cannot write plain: Not a directory\n")
  end },
  { "when one file cannot be written, none is", function()
    local out, err, status = run "(trap '' XFSZ; ulimit -f 1; moonstep init small)" -- 1 KiB for each file, or half of that
    suite.equal(status, 2)
    suite.equal(out, "")
    suite.equal(err:find("cannot write small/", 1, true) ~= nil, true, err)
    suite.equal(works "ls -A small", "")
  end },
}

local ok = suite.run("init", tests)
os.execute("rm -rf " .. shell.quote(folder))
return ok
