-- What a worker does with a piece of a batch.
--
--   rows ─┬─▶ a plan fills them ──────────────────────────────▶ texts
--         └─▶ targets ─ road.make, several in flight ─ road.finish ─┘
--
-- With a folder for its output (batch.out), what comes of a target is a file, and its line in the manifest takes the place of its text.
--
-- What comes out depends on the rows alone, whichever worker does them, and whether there are plans or not.
local diag = require "base.diag"
local engine = require "engine.workers"
local flights = require "scripts.flights"
local host = require "engine.host"
local notes = require "batch.notes"
local plan = require "batch.plan"
local recorder = require "batch.recorder"
local road = require "road"
local sandbox = require "scripts.sandbox"
local targets = require "model.targets"

local piece = {}

-- The numbers that pieces count, by their places in a list (engine.workers).
piece.COUNTERS = { "faulty", "targets", "rendered", "failed", "withheld", "objects", "errors", "warnings", "infos", "failing", "troubles",
  "planned" }

piece.FAULTY = 1 -- how many failed or are withheld

local MOST_SHAPES = 64 -- of rows, for which plans are made

local Work = {}
Work.__index = Work

function Work:count(name, by) self.counts[name] = self.counts[name] + (by or 1) end

-- A report whose messages are part of what comes of the piece.
local function reporter(work)
  local settings = work.report
  local report = diag.report { format = settings.format, text = settings.text, quiet = settings.quiet, fail_on = settings.fail_on }
  report.coloured = settings.coloured
  report.write = function(text) work.messages[#work.messages + 1] = text end
  local add = report.add
  function report.add(self, d)
    if work.cut and not work.over then return end
    if work.recorder and not (self.held or work.over) then work.recorder:note(d) end
    if not self.held and not d.waived then
      work:count(d.severity .. "s")
      work.found[#work.found + 1] = d
    end
    return add(self, d)
  end
  return report
end

-- A row that is none, as a target that failed.
local function bad_row(problem)
  return { bad = { rule = problem.id, severity = "error", trouble = true, message = problem.message, place = problem.place }, siblings = {},
    index = problem.index }
end

-- A target whose worker was ended by it.
local function lost(target, cause)
  return { bad = { rule = "crashed", severity = "error", trouble = true, message = cause, object = target.object, place = target.row.place,
    within = "target " .. target.object.name }, siblings = {}, index = target.index, row = target.row, spec = target.spec,
    namespace = target.namespace }
end

-- What comes of the piece so far, as a list of texts in the order of the rows; of targets that are not done yet there is a place in it.
local function add_text(work, text)
  work.texts[#work.texts + 1] = text
  return #work.texts
end

local function count_filled(work, count, objects)
  for _, name in ipairs { "targets", "rendered", "planned" } do work:count(name, count) end
  work:count("objects", objects)
end

-- Adds the text of some targets that plans have filled.
local function add_filled(work, text, count, objects)
  work.filled[#work.filled + 1] = { at = add_text(work, text), count = count, objects = objects }
  count_filled(work, count, objects)
end

-- Counts a target that nothing comes of. The batch's limit may be reached with it.
local function count_fault(work, at, how)
  work:count(how)
  work:count "faulty"
  if work.counts.faulty == work.left then work.cut = at end
end

-- What comes before the place at which the piece was left, where it is not done to its end.
local function text_before_cut(work)
  for _, filled in ipairs(work.filled) do
    if filled.at > work.cut then count_filled(work, -filled.count, -filled.objects) end
  end
  return table.concat(work.texts, "", 1, math.min(work.cut, #work.texts))
end

-- --- files

-- What was found about the target that is finished now.
local function take_found(work)
  local found = work.found
  work.found = {}
  return found
end

-- The target as its line in the manifest has it.
local function listed(work, target)
  local row = target.row or {}
  return { index = target.index, namespace = target.namespace, name = row.name, task = row.name and target.spec.task.name,
    found = take_found(work) }
end

-- Puts a text into its file. Returns false when there can be none, which has been reported.
local function put(work, at, target, text)
  local line, why = work.out:rendered(at, target, text)
  work.texts[at] = line
  if line then return true end
  work.with.report:add { rule = "bad-name", severity = "error", trouble = true, within = "target " .. target.name,
    message = "there is no name for its file: " .. why }
  target.found = take_found(work)
  work.texts[at] = work.out:unrendered(target, "failed")
  target.status = "failed"
  return false
end

-- Notes for reports a text that a plan has made and that has found no file.
local function record_lost(work, target)
  if not work.recorder then return end
  work.recorder:target({ index = target.index, at = #work.texts, row = target, namespace = target.namespace }, "failed")
end

-- Puts into its file what a plan has made.
local function put_filled(work, text, index, name, namespace, task, shape, bytes)
  local target = { index = index, namespace = namespace, name = name, task = task or work.with.options.task,
    kind = work.plans[shape].kinds[1], found = {} }
  local at = add_text(work, "")
  if bytes then work.recorder:filled(at, bytes) end
  if put(work, at, target, text) then return count_filled(work, 1, #work.plans[shape].kinds) end
  record_lost(work, target)
  work:count "targets"
  count_fault(work, #work.texts, "failed")
end

-- Adds what plans have filled since the last time.
local function take_filled(work)
  if work.rows:filled() == 0 then return end
  if work.out then
    for i = 1, work.rows:filled() do put_filled(work, work.rows:part(i)) end
    return work.rows:forget()
  end
  if work.recorder then work.recorder:filled(#work.texts + 1, work.rows:records()) end
  add_filled(work, work.rows:take())
end

-- --- targets one by one

local function make(work, target)
  if target.bad or work.cut or engine.stopped() then return nil end
  local made = target.plan
  return road.make(target, work.template, work.with, made and function(resolver) return plan.fill(target.row, made, resolver) end)
end

-- Counts a target that nothing comes of.
local function fail(work, target, status)
  count_fault(work, target.at, status)
  target.status = status
  if work.out then work.texts[target.at] = work.out:unrendered(listed(work, target), status) end
  return nil
end

-- An object that an earlier row makes too: one of the two would be lost.
local function refuse_taken(work, target, written)
  local ids = {}
  for i, each in ipairs(written) do ids[i] = each.id:gsub(" /", " ") end
  work.with.report:add { rule = "same-name", severity = "error", trouble = true, place = target.row.place, object = target.object,
    within = "target " .. target.object.name, message = ("%s is made for an earlier row too"):format(table.concat(ids, ", ")) }
  return fail(work, target, "failed")
end

-- Adds the texts of what was made for a target. Returns false when they cannot be.
local function add_made(work, target, kind, texts)
  local text = table.concat(texts, work.between)
  if not work.out then
    work.texts[target.at] = text
    return true
  end
  local each = listed(work, target)
  each.kind = kind
  if put(work, target.at, each, text) then return true end
  count_fault(work, target.at, "failed")
  target.status = "failed"
  return false
end

-- Takes the texts of a target, or counts why there are none. Returns them. The target has its status then, unless it was not done.
local function take_made(work, target, made)
  if work.cut then return nil end
  if not target.bad and not made then -- the batch was stopped before it; a run into a folder goes on with it
    if not work.out then work.cut = target.at - 1 end
    return nil
  end
  work:count "targets"
  local written
  if target.bad then work.with.report:add(target.bad)
  else
    work.with.makers = {} -- what others have made is known to the batch
    written = made.filled or road.finish(made, target, work.template, work.with)
  end
  if not written then return fail(work, target, written == nil and "failed" or "withheld") end
  if target.taken then return refuse_taken(work, target, written) end
  local all = {}
  for i, each in ipairs(written) do
    all[i] = work.head .. each.text
    work.rows:made(target.index, each.id)
  end
  if not add_made(work, target, written[1].object.kind, all) then return nil end
  work:count "rendered"
  work:count("objects", #written)
  if made.filled then work:count "planned" end
  target.status = "rendered"
  return written
end

local function finish(work, target, made)
  local written = take_made(work, target, made)
  if work.recorder and target.status then work.recorder:target(target, target.status, made) end
  return written
end

-- Does all of the targets, several at a time.
local function do_targets(work, all)
  flights.each(all, { make = function(target) return make(work, target) end,
    finish = function(target, made)
      target.written, target.resolver = finish(work, target, made), made and made.resolver
    end, group = function(target) return target.siblings end,
    at = function(target) engine.at(target.index) end }, work.with.report)
end

-- --- plans

-- Does the first target of its shape, and makes the plan for those after it.
local function learn(work, target, shape)
  do_targets(work, { target })
  local known = work.shapes
  if known[shape] ~= nil then return end
  work.shape_count = work.shape_count + 1
  local quiet = work.counts.errors + work.counts.warnings + work.counts.infos == 0
  local written, made, why = target.written, nil, "it does not pass without a word"
  if written and quiet and work.shape_count <= MOST_SHAPES then
    local texts = {}
    for i, each in ipairs(written) do texts[i] = each.text end
    made, why = plan.make(target.row, table.concat(texts, work.mark), work, target.resolver.chain)
  end
  known[shape] = made and (made.asked[1] and made or made.filler) or false
  work.learned[#work.learned + 1] = { row = target.row, plan = made, why = why }
  work.plans[shape] = made
end

-- Takes texts that a plan has made and rules have not judged any like. False when they find something: then the target is done by itself.
local function judge(work, row, shape, texts)
  if not plan.judge(texts, work.plans[shape]) or not work.rows:judged(row.index) then return false end
  take_filled(work)
  local text = work.head .. table.concat(texts, work.mark)
  if work.recorder then work.recorder:planned(#work.texts + 1, row, #texts) end
  if work.out then put_filled(work, text, row.index, row.name, row.namespace, row.task, shape)
  else add_filled(work, text, 1, #texts) end
  return true
end

-- The target of a row of the piece; its text has a place in the order.
local function target_of(work, row, problem, losses, taken)
  local options = work.with.options
  local target = row and targets.of_row(row, options.task, options.namespace) or bad_row(problem)
  if row and losses[row.index] then target = lost(target, losses[row.index]) end
  target.taken = row and taken[row.index]
  take_filled(work)
  target.at = add_text(work, "")
  return target
end

-- What is known of one piece is of no use to the next; what others know of the run must not depend on who did which piece.
local function fresh(work)
  work.texts, work.messages, work.counts, work.found, work.filled = {}, {}, {}, {}, {}
  work.cut, work.over = nil, false
  for _, name in ipairs(piece.COUNTERS) do work.counts[name] = 0 end
  local with = work.with
  with.report, with.made = reporter(work), {}
  if work.recorder then work.recorder:begin() end
  with.registry.report, with.registry.kept = with.report, {}
end

-- The next row that no plan fills; nil, and true where a question of a rule has failed.
local function next_row(work)
  local ok, row, more, texts = sandbox.run({ what = "rules, recalled", file = "" }, work.rows.row, work.rows, work.head)
  if not ok then return nil, true end
  return row, more, texts
end

-- Does some rows of a piece. False when a plan cannot be judged: the rule that fails will say so when the targets are done one by one.
local function do_rows(work, bytes, shapes, losses, taken)
  local waiting = {}
  work.rows:give(bytes, shapes)
  sandbox.begin()
  while not work.cut do
    local row, more, texts = next_row(work)
    if row == nil then
      if more then return false end
      break
    end
    if not (texts and not losses[row.index] and judge(work, row, more, texts)) then
      local target = target_of(work, row, more, losses, taken)
      local shape = row and not texts and shapes == work.shapes and more or nil
      target.plan = shape and work.plans[shape]
      if shape and not target.plan and not target.bad then
        do_targets(work, waiting)
        waiting = {}
        learn(work, target, shape)
      else waiting[#waiting + 1] = target end
    end
  end
  if work.texts[1] or work.out then take_filled(work)
  else -- nothing comes behind them, so they stay where they are
    if work.recorder then work.recorder:filled(1, work.rows:records()) end
    count_filled(work, work.rows:filled())
  end
  do_targets(work, waiting)
  return true
end

-- Does the rows of a piece, which are in several parts where a file holds the objects of many.
local function do_parts(work, from, parts, ...)
  fresh(work)
  work.rows:forget_made()
  if work.out then work.out:begin(from) end
  for _, bytes in ipairs(parts) do
    if not do_rows(work, bytes, ...) then return false end
    if work.out then work.out:flush(#work.texts) end
  end
  return true
end

-- All texts of the piece as one; what plans have filled alone needs not become one of Lua's.
local function text_of(work)
  if work.cut then return text_before_cut(work) end
  if not work.with.options.output then return "" end
  return work.texts[1] and table.concat(work.texts) or work.rows
end

local NO_PLANS = {}

-- do_piece(bytes, losses, taken, left) -> texts of the streams, counters, who has the names (engine.workers). With `left`, it ends at the
-- target that is the last one of so many that fail or are withheld.
function Work:do_piece(bytes, losses, taken, left)
  self.left = left
  local from, parts = 0, { bytes }
  if self.out then from, parts = self.out:parts(bytes, self.rows) end
  local planned = not (self.unplanned or left or next(losses) or next(taken)) -- none of these may be passed over
  if not planned or not do_parts(self, from, parts, self.shapes, losses, taken) then do_parts(self, from, parts, NO_PLANS, losses,
    taken) end
  local with = self.with
  self.over = true
  if with.checks then with.checks.findings:flush(with.report) end
  self.counts.failing, self.counts.troubles = with.report.failing, with.report.troubles
  local messages, counters = table.concat(self.messages), {}
  local texts = self.out and self.out:texts(table.concat(self.texts), messages) or { text_of(self), messages, "", "" }
  if with.options.judge and self.report.write == host.output then texts[1], texts[2] = messages, "" end -- they are what was asked for
  texts[5] = self.notes:text(with.options, with.registry)
  if self.recorder then texts[6] = self.recorder:text(self.cut) end
  for i, name in ipairs(piece.COUNTERS) do counters[i] = self.counts[name] end
  return texts, counters, self.rows
end

-- What rules find is noted for each target, too, before it is told once for all of them.
local function note_found(work)
  local with = work.with
  with.checks = with.checks or require "checks"(with.registry, with.options)
  local findings = with.checks.findings
  local add = findings.add
  function findings.add(self, d)
    local counts = add(self, d)
    if not d.waived then work.found[#work.found + 1] = d end
    if work.recorder then work.recorder:note(d) end
    return counts
  end
end

-- learned: what is known of each shape of rows that was met, in their order: { row, plan | nil, why there is none }
-- new(with, template, rows, report [, out]): `with` and `template` are road.prepare's, rows the reader that gives the pieces
-- (engine.fill), report the run's, whose manner of printing is kept, out the folder that the batch fills (batch.out).
function piece.new(with, template, rows, report, out)
  local self = setmetatable({ with = with, template = template, rows = rows, report = report, shapes = {}, shape_count = 0,
    plans = {}, learned = {}, notes = notes.new(), out = out }, Work)
  local mark = with.options.output == "yaml" and "---\n" or ""
  local apart = out and not with.options.out.chunk -- each target has a file of its own
  self.head, self.between, self.mark = apart and "" or mark, apart and mark or "", mark
  self.recorder = with.options.recorded and recorder(self)
  if out or self.recorder then note_found(self) end
  if out then rows:apart() end
  self.unplanned = with.options.no_plan
  self.report.coloured = host.coloured(2)
  return self
end

return piece
