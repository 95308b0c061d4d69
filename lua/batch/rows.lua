-- Where the rows of a batch come from, and which of them are this run's.
--
--   --targets NAME ─┬─ declared by a script ─▶ spool ─┬─▶ [shard] ─▶ pieces
--                   └─ a file, or standard input ─────┘
--
-- A shard is a run of rows: of N shards of R rows, shard I has those from R * (I - 1) // N on, up to where the next begins. So the
-- outputs of all shards, one behind the other, are that of the whole. For that, rows are counted first, and a file is read twice. Where
-- files hold the objects of many rows, shards are runs of such files in the same way.
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
  local self = setmetatable({ path = name, bytes = 0, first = 0 }, Rows)
  local declared = take_declared(self, name, registry)
  local ok, reader = diag.catch(self.reader_of, self)
  if not ok and not declared then raise_unknown(name, registry, reader) end
  if not ok then diag.raise(reader) end
  self.reader, self.size = reader, reader:size()
  return self
end

-- Takes the rows of a shard alone.
local function take_shard(self, shard, chunk)
  if not self.size or self.path == "-" then
    diag.raise { rule = "unreadable", message = ("%s cannot be cut into shards: it can be read only once"):format(
      self.path == "-" and "standard input" or self.path), hint = "write it into a file first" }
  end
  local total = self.reader:skip(math.maxinteger)
  self.reader = self:reader_of()
  local function behind(shards)
    if not chunk then return total * shards // shard.count end
    local chunks = (total + chunk - 1) // chunk
    return math.min(total, chunks * shards // shard.count * chunk)
  end
  self.first, self.upto = behind(shard.number - 1), behind(shard.number)
  self.last = shard.number < shard.count and self.upto or nil
end

-- begin_at(row): those before it are passed over.
function Rows:begin_at(row)
  self.at = row
  self.reader:bound(row, self.last)
end

-- next([rows]) -> the next piece, as workers take it; nil at the end. What is wrong with the file itself ends it, and is kept as
-- rows.broken. Rows of the piece that are not to be done are passed over by who does it.
function Rows:next(wanted)
  if self.last and self.at >= self.last then return nil end
  local bytes, count, upto = self.reader:next(wanted or rows.PIECE)
  if bytes then
    self.at, self.bytes = ("=I8"):unpack(bytes) + count, upto
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

-- open(name, registry, shard, chunk) -> rows. `name` is what --targets says, shard { number, count } or nil, chunk how many rows one file
-- is for, or nil. The first row is rows.first. Raises a diagnostic.
function rows.open(name, registry, shard, chunk)
  local self = open(name, registry)
  if shard then take_shard(self, shard, chunk) end
  self:begin_at(self.first)
  return self
end

return rows
