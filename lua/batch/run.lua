-- A batch: one set of objects for each row of a file, rendered and checked by workers, printed in the order of the rows.
--
--   prepare ─ judge what all targets rest on ─ fork ─▶ pieces of rows ─▶ texts, messages ─ summary
--
-- Rows are never all in memory: a piece is cut off when a worker has time for it.
local engine = require "engine.workers"
local host = require "engine.host"
local out = require "batch.out"
local piece = require "batch.piece"
local progress = require "batch.progress"
local road = require "road"
local fill = require "engine.fill"

local ROWS = 256 -- of a piece

local batch = {}

-- Functions and Tasks are judged once, before workers know them.
local function judge_model(with, report)
  local checks = with.checks
  if not checks then return end
  for _, entry in ipairs(with.model.entries) do
    if entry.kind == "Function" or entry.kind == "Task" then checks:entry(entry) end
  end
  checks:finish(with.model, report)
end

local function named(list)
  local counts = {}
  for i, name in ipairs(piece.COUNTERS) do counts[name] = list[i] or 0 end
  return counts
end

local function open(options, report)
  local reader, problem = fill.open(options.targets)
  if reader then return reader end
  report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
end

-- The pieces of the rows; what is wrong with the file itself is reported and ends it.
local function pieces_of(reader, options, report, counts)
  return function(rows)
    if options.max_errors and counts.now.failed >= options.max_errors then
      counts.broken = true
      return nil
    end
    local bytes, problem = reader:next(rows or ROWS)
    if problem then
      counts.broken = true
      report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message,
        place = problem.line and { file = options.targets, line = problem.line, column = problem.column or 1, end_line = problem.line,
          end_column = problem.column or 1 } or { file = options.targets } }
    end
    return bytes or nil
  end
end

-- learn(options, report) -> what is learned from the first rows, as batch.piece has it; nil when something could not be read
function batch.learn(options, report)
  local with, template = road.prepare(options, report)
  local reader = with and open(options, report)
  if not reader then return nil end
  judge_model(with, report)
  local work = piece.new(with, template, reader, report)
  local bytes = pieces_of(reader, options, report, {})()
  if not bytes then return {} end
  local texts = work:do_piece(bytes, {}, {})
  if not work.learned[1] then host.message(texts[2]) end -- what is wrong with all of them
  return work.learned
end

-- Adds what pieces counted to the report, as if it had been told of every message itself.
local function add_up(report, counts)
  report.failing, report.troubles = report.failing + counts.failing, report.troubles + counts.troubles
end

-- What is already in the folder counts, too.
local function with_known(counts, folder)
  for name, count in pairs(folder and folder.known or {}) do counts[name] = counts[name] + count end
  return counts
end

-- Ends a batch whose workers have ended. `problem` is why they did before their time, if they did.
local function finish(folder, counts, ended, problem, report)
  local whole = not problem and not counts.broken and not ended.interrupted
  if folder and whole then folder:finish(counts.now, report)
  elseif folder then folder:unfinished(report) end
end

-- render(options, report) -> exit status. Options are the road's, and: targets = path of the rows, jobs = how many workers, max_errors,
-- progress = batch.progress's, out = batch.out's.
function batch.render(options, report)
  local folder = options.out and out.open(options, report)
  if options.out and not folder then return report:status() end
  local with, template = road.prepare(options, report)
  local reader = with and open(options, report)
  if not reader or (folder and not folder:start(with.registry, report)) then return report:status() end
  judge_model(with, report)
  local work, counts = piece.new(with, template, reader, report, folder), { now = named {} }
  local shown, next_piece = progress.start(options.progress, report), pieces_of(reader, options, report, counts)
  if folder then
    reader:bound(folder.from)
    next_piece = folder:pieces(next_piece, ROWS)
  end
  local list, ended = engine.run {
    count = options.jobs or engine.processors(), streams = folder and folder:streams() or { 1, 2 }, next = next_piece,
    work = function(...) return work:do_piece(...) end,
    known = folder and folder.taken, commit = folder and function() return folder:commit() end,
    idle = function(sums)
      counts.now = with_known(named(sums), folder)
      shown:tell(counts.now)
    end,
  }
  shown:finish()
  if not list then
    report:add { rule = ended.id, severity = "error", trouble = true, message = ended.message }
    finish(folder, counts, ended, true, report)
    return report:status()
  end
  counts.now = with_known(named(list), folder)
  add_up(report, counts.now)
  finish(folder, counts, ended, nil, report)
  shown:summary(counts.now, ended.interrupted)
  if ended.interrupted then return 130 end
  return report:status()
end

return batch
