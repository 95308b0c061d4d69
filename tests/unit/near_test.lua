local suite = dofile "tests/lib/suite.lua"
local near = require "base.near"

local COMMANDS = { "render", "help", "version" }
local KEYS = { "BACKUP_CMD", "outputDir", "name", "namespace", "repository", "serviceAccountName" }

-- { name, candidates, what is meant or nil }
local ROWS = {
  { "rendr", COMMANDS, "render" },
  { "redner", COMMANDS, "render" }, -- neighbours swapped are one edit
  { "Render", COMMANDS, "render" },
  { "RENDER", COMMANDS, "render" },
  { "renderr", COMMANDS, "render" },
  { "hlep", COMMANDS, "help" },
  { "halp", COMMANDS, "help" },
  { "x", COMMANDS, nil },
  { "", COMMANDS, nil },
  { "rm", COMMANDS, nil },
  { "delete", COMMANDS, nil },
  { "render", {}, nil },
  { "render", { "render" }, nil }, -- the name itself is no near miss
  { "render", { "render", "rendex" }, "rendex" },
  { "backupCmd", KEYS, "BACKUP_CMD" },
  { "outputdir", KEYS, "outputDir" },
  { "outDir", KEYS, "outputDir" }, -- short for it
  { "svcAccount", KEYS, "serviceAccountName" },
  { "svcName", KEYS, "serviceAccountName" },
  { "servAcct", KEYS, "serviceAccountName" },
  { "nam", KEYS, "name" },
  { "namespac", KEYS, "namespace" },
  { "repo", KEYS, "repository" },
  { "rep", KEYS, nil }, -- too short to be an abbreviation
  { "ab", { "aB", "abc" }, "aB" }, -- the nearest one
  { "abcd", { "abce", "abcf" }, "abce" }, -- the first of several
  { ("x"):rep(81), { ("x"):rep(80) }, nil }, -- too long to be compared
  { ("x"):rep(79), { ("x"):rep(80) }, ("x"):rep(80) },
  { "abcdef", { ("x"):rep(100000), "abcdeg" }, "abcdeg" },
}

local tests = {}
for _, row in ipairs(ROWS) do
  tests[#tests + 1] = { ("%.20s"):format(row[1]), function() suite.equal(near(row[1], row[2]), row[3]) end }
end
return suite.run("near", tests)
