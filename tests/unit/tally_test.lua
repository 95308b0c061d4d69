-- What is told of a batch on a cluster, on a terminal: lua/cluster/tally.lua.
local suite = dofile "tests/lib/suite.lua"
local diag = require "base.diag"
local screen = require "run.screen"
local tallies = require "cluster.tally"

-- The lines that are drawn last on a terminal that is so wide, of targets with these names.
local function drawn(columns, names)
  local last
  local on = screen.open { size = function() return columns, 24 end, write = function(text) last = text end,
    clock = function() return 0 end }
  local tally = tallies.start({ screen = on, report = diag.report { format = "human" } },
    { total = 12, counts = { complete = 3, failed = 1 } })
  for _, name in ipairs(names) do tally:target(name) end
  function on.due() return true end
  tally:tick()
  return (last:gsub("^.-\27%[J", ""))
end

local function lines_up()
  suite.equal(drawn(80, { "shop/a-long-name" }), "all targets       running         0 s  4 of 12 have ended, 1 of them failed\n"
    .. "shop/a-long-name  running         0 s\n")
end

local function has_room()
  local name = "production/some-rather-long-database-name"
  suite.equal(drawn(80, { name }), "all targets  running         0 s  4 of 12 have ended, 1 of them failed\n" .. name
    .. "  running         0 s\n")
end

return suite.run("tally", { { "lines up", lines_up }, { "has room for how far all is", has_room } })
