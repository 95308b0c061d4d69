-- A batch: one set of objects for each row of a file, rendered and checked by workers, printed in the order of the rows.
--
--   prepare ─ judge what all targets rest on ─ fork ─▶ pieces of rows ─▶ texts, messages ─ summary
--
-- Rows are never all in memory: a piece is cut off when a worker has time for it.
local diag = require "base.diag"
local engine = require "engine.workers"
local out = require "batch.out"
local piece = require "batch.piece"
local host = require "engine.host"
local notes = require "batch.notes"
local progress = require "batch.progress"
local road = require "road"
local rows_of = require "batch.rows"
local value = require "base.value"

local batch = {}

local INTERRUPTED = 130 -- an exit status

-- The Task that the command line names and its Functions are looked up here where no file holds them, so that workers need not, each for
-- itself, and that it is said once where there is no such Task.
local function find_named(with, found)
  local name = with.options.task
  local task = name and with.model:find("Task", "", name)
  if name and not task then diag.raise(with.model:missing("Task", "", name)) end
  if not task then return end
  found(task)
  for _, step in ipairs(value.get(task.value, "spec", "steps") or {}) do
    local entry = with.model:find("Function", "", step.name or "")
    if entry then found(entry) end
  end
end

-- Functions and Tasks are judged once, before workers know them; with options.judge, whatever else the files hold, too. False when there is
-- no ground for any target, which has been reported.
local function judge_model(with, report)
  local checks = with.checks
  local ok, raised = diag.catch(find_named, with, function(entry) if checks then checks:entry(entry) end end)
  if not ok then report:add(raised) end
  if not ok or not checks then return ok end
  for _, entry in ipairs(with.model.entries) do
    if entry.kind == "Function" or entry.kind == "Task" then checks:entry(entry) end
  end
  checks:finish(with.model, report)
  return true
end

local function named(list)
  local counts = {}
  for i, name in ipairs(piece.COUNTERS) do counts[name] = list[i] or 0 end
  return counts
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
local function finish(folder, rows, counts, ended, problem, report)
  local whole = not (problem or rows.broken or ended.interrupted or ended.limited)
  if folder and whole then folder:finish(counts, report)
  elseif folder then folder:unfinished(report) end
end

-- What there is to say of a batch that has come to its end, or was ended.
local function conclude(options, report, rows, registry, counts, ended)
  add_up(report, counts)
  if ended.interrupted or ended.closed then return end
  if ended.limited then
    report:add { rule = "too-many-errors", severity = "error", trouble = true,
      hint = "--max-errors says when; without it, all targets are done",
      message = counts.faulty == 1 and "stopped: a target failed or is withheld"
        or ("stopped: %d targets failed or are withheld"):format(counts.faulty) }
    return
  end
  if rows.broken then report:add(rows.broken) end
  notes.take(rows.asked, options, registry)
  local anew = counts.targets > 0 and (rows.known.targets or 0) == 0 -- else an earlier run knows more
  if anew then road.warn_unused(options, report) end
  notes.tell(report, registry, anew and not options.shard)
end

-- Where what comes of pieces goes, and the function that gives them.
local function streams_and_pieces(folder, rows)
  local function next_piece(most) return rows:next(most) end
  if not folder then return { 1, 2, false, false, rows.asked, rows.records and rows.records.targets }, next_piece end
  rows:begin_at(folder.from)
  local streams = folder:streams()
  streams[5], streams[6] = rows.asked, rows.records and rows.records.targets
  return streams, folder:pieces(next_piece, rows_of.PIECE)
end

local function run(options, report, with, template, rows, folder)
  local work = piece.new(with, template, rows.reader, report, folder)
  local shown = progress.start(options.progress, report, options.judge and { "clean", "with findings" } or { "rendered", "withheld" })
  local most = options.max_errors
  if rows.records then
    rows.records.namespace = options.namespace or "default"
    rows.records.known = folder and function(with_texts) return folder:known_targets(with_texts) end
    report:take_batch(rows.records)
  end
  local streams, next_piece = streams_and_pieces(folder, rows)
  rows.known = folder and folder.known or {}
  local list, ended = engine.run {
    count = options.jobs or engine.processors(), streams = streams, next = next_piece,
    work = function(...) return work:do_piece(...) end,
    known = folder and folder.taken, into = folder and folder.path .. "/" .. folder.part,
    commit = folder and function() return folder:commit() end,
    idle = function(sums) shown:tell(with_known(named(sums), folder), rows:done()) end,
    speak = function() shown:hide() end, limit = most, limited = most and piece.FAULTY,
  }
  shown:hide()
  if not list then
    report:add { rule = ended.id, severity = "error", trouble = true, message = ended.message }
    finish(folder, rows, named {}, ended, true, report)
    return nil
  end
  local counts = with_known(named(list), folder)
  conclude(options, report, rows, with.registry, counts, ended)
  finish(folder, rows, counts, ended, nil, report)
  shown:summary(counts, ended)
  return ended.interrupted and INTERRUPTED or nil
end

-- prepare(options, report) -> what all need: as road.prepare has it, and the rows; nil when something could not be read, which has been
-- reported
function batch.prepare(options, report)
  local with, template = road.prepare(options, report)
  if not with then return nil end
  local ok, rows = diag.catch(rows_of.open, options.targets, with.registry, options.shard, options.out and options.out.chunk)
  if not ok then
    rows.severity, rows.trouble = "error", true
    report:add(rows)
    return nil
  end
  rows.asked, rows.records = with.registry.asked, with.registry.records
  return with, template, rows
end

-- learn(options, report) -> what is learned from the first rows, as batch.piece has it; nil when something could not be read
function batch.learn(options, report)
  local with, template, rows = batch.prepare(options, report)
  if not with then return nil end
  if not judge_model(with, report) then return nil end
  local work = piece.new(with, template, rows.reader, report)
  local bytes = rows:next()
  if rows.broken then report:add(rows.broken) end
  if not bytes then return {} end
  local texts = work:do_piece(bytes, {}, {})
  if not work.learned[1] then host.message(texts[2]) end -- what is wrong with all of them
  return work.learned
end

-- render(options, report) -> exit status where that is not the report's: the batch was interrupted. Options are the road's, and: targets
-- = path of the rows, or the name of targets that a script declares, jobs = how many workers, max_errors, shard = { number, count },
-- progress = batch.progress's, out = batch.out's, whose `folder` is the one that was filled afterwards.
function batch.render(options, report)
  local folder = options.out and out.open(options, report)
  if options.out and not folder then return nil end
  local with, template, rows = batch.prepare(options, report)
  if not with or not judge_model(with, report) or (folder and not folder:start(with.registry, rows, report)) then return nil end
  if folder then options.out.folder = folder end
  return run(options, report, with, template, rows, folder)
end

return batch
