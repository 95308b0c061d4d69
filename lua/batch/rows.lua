-- Where the rows of a batch come from, and which of them are this run's.
--
--   --targets NAME ─┬─ declared by a script ─▶ spool ─┬─▶ [shard] ─▶ pieces
--                   └─ a file, or standard input ─────┘
--
-- A shard is a run of rows: of N shards of R rows, shard I has those from R * (I - 1) // N on, up to where the next begins. So the
-- outputs of all shards, one behind the other, are that of the whole. For that, rows are counted first, and a file is read twice. A
-- document of YAML that is a list of rows stays in one piece: in the shard in which it begins.
local diag = require "base.diag"
local fill = require "engine.fill"
local near = require "base.near"
local value = require "base.value"

local rows = {}

rows.PIECE = 256 -- rows of a piece

local Rows = {}
Rows.__index = Rows

local function raise(problem, path)
  diag.raise { rule = problem.id, message = problem.message, place = problem.line and { file = path, line = problem.line,
    column = problem.column or 1, end_line = problem.line, end_column = problem.column or 1 } }
end

-- A reader of the rows from their start.
function Rows:reader_of()
  local reader, problem = fill.open(self.path, nil, self.spool)
  if not reader then raise(problem, self.path) end
  return reader
end

-- Writes the rows that a script declares. Returns false when there is no script that does.
local function take_declared(self, name, registry)
  local declared = registry.target_lists[name]
  if not declared then return false end
  self.path, self.spool = "targets " .. name, registry.spool
  require "batch.emitted"(declared, self.spool)
  return true
end

-- A name that is neither a file nor declared is probably one that is misspelt.
local function raise_unknown(name, registry, raised)
  local names = value.keys(registry.target_lists)
  local meant = near(name, names)
  if names[1] then
    raised.hint = meant and ("did you mean %s, which a script declares?"):format(meant)
      or ("scripts declare the targets %s"):format(table.concat(names, ", "))
  end
  diag.raise(raised)
end

local function open(name, registry)
  local self = setmetatable({ path = name, bytes = 0 }, Rows)
  local declared = take_declared(self, name, registry)
  local ok, reader = diag.catch(self.reader_of, self)
  if not ok and not declared then raise_unknown(name, registry, reader) end
  if not ok then diag.raise(reader) end
  self.reader, self.size = reader, reader:size()
  return self
end

-- Passes over the rows of the shards before this one.
local function take_shard(self, shard)
  if not self.size or self.path == "-" then
    diag.raise { rule = "unreadable", message = ("%s cannot be cut into shards: it can be read only once"):format(
      self.path == "-" and "standard input" or self.path), hint = "write it into a file first" }
  end
  local total = self.reader:skip(math.maxinteger)
  self.reader = self:reader_of()
  local first = total * (shard.number - 1) // shard.count
  self.last = shard.number < shard.count and total * shard.number // shard.count or nil
  self.at = self.reader:skip(first)
  self.first, self.upto = first, self.last or total
end

-- next([rows]) -> the next piece, as workers take it; nil at the end. What is wrong with the file itself ends it, and is kept as
-- rows.broken.
function Rows:next(wanted)
  local most = math.min(wanted or rows.PIECE, self.last and self.last - self.at or math.maxinteger)
  if most <= 0 then return nil end
  local bytes, count, upto = self.reader:next(most)
  if bytes then
    self.at, self.bytes = self.at + count, upto
    return bytes
  end
  local problem = count
  if problem then
    self.broken = { rule = problem.id, severity = "error", trouble = true, message = problem.message,
      place = problem.line and { file = self.path, line = problem.line, column = problem.column or 1, end_line = problem.line,
        end_column = problem.column or 1 } or { file = self.path } }
  end
end

-- How much of the rows has been cut into pieces, from 0 to 1; nil where nobody knows how much there is.
function Rows:done()
  if self.upto then return math.min(1, (self.at - self.first) / math.max(1, self.upto - self.first)) end
  return self.size and self.size > 0 and self.bytes / self.size or nil
end

-- open(name, registry, shard) -> rows. `name` is what --targets says, shard { number, count } or nil. Raises a diagnostic.
function rows.open(name, registry, shard)
  local self = open(name, registry)
  self.at = 0
  if shard then take_shard(self, shard) end
  return self
end

return rows
