-- The rows of targets that a script declares: `each` is called once and gives them to `emit`, which writes them into a file without a
-- name, a line of JSON a row. From there they go the road of all rows.
--
-- However many there are, memory does not grow with them, and scripts' limits hold: of memory for all of `each`, of time for every 1,000
-- rows. A batch has at most limits.rows of them (moonstep.yaml).
local diag = require "base.diag"
local emit = require "engine.emit"
local host = require "engine.host"
local sandbox = require "scripts.sandbox"
local secret = require "engine.secret"
local view = require "engine.view"

local ROWS = 1000 -- for which a script has its time
local LINES = 64 -- that are written at once

local Writer = {}
Writer.__index = Writer

function Writer:flush()
  if #self.lines == 0 then return end
  local ok, why = self.spool:add(table.concat(self.lines))
  self.lines = {}
  if ok then return end
  self.broken = { rule = "system", message = ("cannot keep the targets %s: %s"):format(self.name, why) }
  diag.raise(self.broken)
end

-- A row as a line. What it holds is judged with the rows of files; here it only has to be one that can be written.
function Writer:line_of(row)
  if secret.is(row) or type(view.shown(row)) ~= "table" then
    error(("emit takes a row such as { name = \"orders\" }, not %s"):format(secret.is(row) and "a secret" or view.type(row)), 3)
  end
  local text, why = self.emitter:json(row)
  if not text then error(("emit: row %d cannot be written: %s"):format(self.count + 1, why), 3) end
  return text .. "\n"
end

function Writer:emit(row)
  if not self.open then error(("emit is over: the targets %s have been taken"):format(self.name), 3) end
  if self.count >= sandbox.limits.rows then
    diag.raise { rule = "row-limit", place = { file = self.file },
      message = ("the targets %s are more than %d"):format(self.name, sandbox.limits.rows),
      hint = ("limits: {rows: %d} in moonstep.yaml would allow twice as many"):format(2 * sandbox.limits.rows) }
  end
  self.lines[#self.lines + 1] = self:line_of(row)
  self.count = self.count + 1
  if self.count % LINES == 0 then self:flush() end
  if self.count % ROWS == 0 then host.renew_time() end
end

-- emitted(declared, spool): writes the rows of a declaration { name, file, each } (scripts.registry). Raises a diagnostic when the script
-- fails.
return function(declared, spool)
  local writer = setmetatable({ name = declared.name, file = declared.file, spool = spool, emitter = emit.new {}, lines = {}, count = 0,
    open = true }, Writer)
  local what = ("targets %s"):format(declared.name)
  sandbox.begin()
  local ok, why = sandbox.run({ what = what, file = declared.file }, declared.each, function(row) writer:emit(row) end)
  writer.open = false
  if not ok then diag.raise(why) end
  if writer.broken then diag.raise(writer.broken) end -- whatever the script made of it
  writer:flush()
end
