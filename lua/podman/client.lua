-- podman, as the run of a Job needs it: short commands that are waited for, and one at a time that runs for as long as it takes.
--
--   local it = podman.open()                     before the second wall, behind which no program is started (engine/host/broker.h)
--   it:check()                                   raises where podman is absent or too old
--   it:call { "volume", "rm", "x" }              -> { code, out, err }: by podman, in not more than a minute
--   it:unshared { "rm", "-rf", "/x" }            -> the same, of a program that sees files as containers do
--   it:run(arguments, variables, line, idle)     -> { code, said = the last line on standard error }: a container, from start to end
--   it:afterwards { {…}, … }                     commands that are run should this process be killed; none, and they are forgotten
--   it:close()
--
-- Values that are secret go to podman in its environment, never on a command line, which every user of the machine may read.
local broker = require "engine.broker"
local diag = require "base.diag"
local host = require "engine.host"

local podman = {}

local Podman = {}
Podman.__index = Podman

local PROGRAMS = { "podman", "rm", "chgrp", "chmod", "mkdir", "test" }
local OLDEST = 4 -- --pull=newer, volume mount
local LIMIT = 60000 -- milliseconds for a short command
local GLANCE = 200 -- milliseconds between looks at the clock and at interrupts
local LONGEST = 65536 -- bytes of a line; what is longer is cut

local INSTALL = "install podman 4.0 or newer (on Debian: apt-get install podman uidmap slirp4netns), or run it on a cluster"

local function trouble(message, hint)
  diag.raise { rule = "job-not-started", message = message, hint = hint }
end

local function start()
  local started, problem = broker.start { programs = PROGRAMS }
  if not started then trouble("podman cannot be run: " .. problem.message) end
  return started
end

-- open() -> podman; what version it is, is being asked meanwhile.
function podman.open()
  local _, user = host.process()
  local self = setmetatable({ control = start(), runner = start(), rootless = user ~= 0 }, Podman)
  broker.request(self.control, { arguments = { "podman", "--version" }, variables = {}, limit = LIMIT })
  return self
end

-- What the control's command answered, when it has ended.
local function await(self)
  repeat
    local answer = broker.answer(self.control, GLANCE)
    if answer then
      self.out, self.err = self.out .. answer.out, self.err .. answer.err
      if answer.outcome ~= "running" then return answer end
    end
  until false
end

local function command(self, arguments)
  self.out, self.err = "", ""
  broker.request(self.control, { arguments = arguments, variables = {}, limit = LIMIT })
  local answer = await(self)
  if answer.outcome ~= "ended" then
    trouble(("`%s` %s"):format(table.concat(arguments, " ", 1, math.min(3, #arguments)),
      answer.outcome == "late" and "took more than a minute" or "could not be run: " .. (answer.why or "it is gone")))
  end
  return { code = answer.code, out = self.out, err = self.err }
end

function Podman:check()
  if self.checked then return end
  self.checked = true
  self.out, self.err = "", ""
  local answer = await(self)
  if answer.outcome ~= "ended" then trouble("podman cannot be run: " .. (answer.why or "it gives no answer"), INSTALL) end
  local version = self.out:match "(%d+[%d.]*)"
  if answer.code ~= 0 or not version then
    trouble("podman does not say which version it is: " .. (self.err:match "[^\n]+" or "it ended with status " .. answer.code), INSTALL)
  end
  if tonumber(version:match "^%d+") < OLDEST then trouble(("podman %s is too old"):format(version), INSTALL) end
end

local function behind(first, arguments) return table.move(arguments, 1, #arguments, #first + 1, first) end

function Podman:call(arguments) return command(self, behind({ "podman" }, arguments)) end

-- As root, files are what they are.
function Podman:unshared(arguments)
  return command(self, self.rootless and behind({ "podman", "unshare" }, arguments) or arguments)
end

-- --- containers

-- Gives on whole lines; the rest waits for more.
local function add_lines(rest, text, line)
  rest = rest .. text
  local at = 1
  while true do
    local stop = rest:find("\n", at, true)
    if not stop then break end
    line(rest:sub(at, stop - 1))
    at = stop + 1
  end
  rest = rest:sub(at)
  if #rest < LONGEST then return rest end
  line(rest)
  return ""
end

-- run(arguments behind `podman run`, variables of podman's environment, line(text), idle()): idle is called five times a second or more.
function Podman:run(arguments, variables, line, idle)
  broker.request(self.runner, { arguments = behind({ "podman", "run" }, arguments), variables = variables, limit = 0 })
  local out, err, said = "", "", nil
  local function complaint(text)
    said = text
    line(text)
  end
  while true do
    local answer = broker.answer(self.runner, GLANCE)
    if answer then
      out, err = add_lines(out, answer.out, line), add_lines(err, answer.err, complaint)
      if answer.outcome ~= "running" then
        if out ~= "" then line(out) end
        if err ~= "" then complaint(err) end
        if answer.outcome ~= "ended" then trouble("podman cannot be run: " .. (answer.why or "it is gone")) end
        return { code = answer.code, said = said }
      end
    end
    idle()
  end
end

function Podman:afterwards(commands)
  broker.request(self.control, { arguments = {}, variables = {}, limit = 0, last = true })
  for _, each in ipairs(commands) do
    broker.request(self.control, { arguments = each, variables = {}, limit = LIMIT, last = true })
  end
end

function Podman:close()
  self:afterwards {}
  broker.finish(self.runner)
  broker.finish(self.control)
end

return podman
