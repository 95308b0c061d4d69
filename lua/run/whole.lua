-- Hooks of a batch as a whole (spec.hooks of a BackupBatch or RestoreBatch): before the first of its Jobs, and behind the last that ran.
--
--   whole.take(list)           of { object = Job as plain tables, target }, in the order in which they run. The first Job of a batch gets
--                              its pre hook, as init containers before all others; each Job of one that has a post hook gets `whole`,
--                              what runs behind the last (run.after), and the last one ends_batch = true. Raises where a hook cannot be
--                              made
--   whole.look(list, report)   tells which there are, where nobody stays to run them
--
-- Jobs run one after the other, and where one fails, those behind it do not run: the end of the last one that ran is that of the batch.
-- `exec` runs in the image of a step of the first Job.
local after = require "run.after"
local before = require "run.before"
local value = require "base.value"

local whole = {}

local function hooks_of(target)
  local invoker = target.invoker
  local hooks = invoker and invoker.kind:find "Batch$" and value.get(invoker.value, "spec", "hooks")
  return not value.is_empty(hooks) and hooks or nil
end

function whole.take(list)
  local batches = {} -- session -> { behind, its last Job so far }
  for _, each in ipairs(list) do
    local session = hooks_of(each.target) and each.target.session
    if session and not batches[session] then
      before.put_whole(each.object, each.target)
      batches[session] = { behind = after.read_whole(each.object, each.target) }
    end
    local batch = session and batches[session]
    if batch and batch.behind then
      if batch.last then batch.last.ends_batch = nil end
      each.whole, each.ends_batch, batch.last = batch.behind, true, each
    end
  end
end

function whole.look(list, report)
  local seen = {}
  for _, each in ipairs(list) do
    local invoker = each.target.invoker
    if hooks_of(each.target) and not seen[invoker] then
      seen[invoker] = true
      report:add { rule = "hook", severity = "warning", hint = "without --detach, run stays and runs them",
        message = ("the hooks of %s %s/%s as a whole are not run, those of its members are"):format(invoker.kind,
          invoker.namespace or "default", invoker.name) }
    end
  end
end

return whole
