-- Verdicts about objects that were made, by their texts: what rules say of the many that are alike is remembered (engine.recall), without
-- the tables of a single one.
--
-- An object and the document that its text is read back as look the same to rules: the emitter sees to that. Where a rule has anything to
-- say, it is asked about the object itself, whose fields know where they come from.
local findings = require "scripts.findings"
local load = require "engine.load"
local recall = require "engine.recall"
local rules = require "scripts.rules"

local verdicts = {}

-- document(text) -> the document that it is, which is nobody else's
function verdicts.document(text)
  return assert(load.document(load.reader(assert(load.source(text, "made")))))
end

-- memory(registry) -> the registry with a memory of its own: objects that differ in more than what is in them, such as the Task that they
-- were made for, are remembered apart.
function verdicts.memory(registry)
  return setmetatable({ verdicts = {}, rules_by_kind = {}, watch = recall.new() }, { __index = registry })
end

-- clean(memory, text, kind, task) -> true when no rule says anything about the object; and the names of rules whose verdicts are not worth
-- remembering, since they look at what differs from object to object
function verdicts.clean(memory, text, kind, task)
  local pending = { document = verdicts.document(text), kind = kind, task = task }
  rules.recall_verdicts(memory, { pending })
  if #pending.missing == 0 then return #pending.verdicts == 0, {} end
  local said, names = findings({}, { today = "", fail_on = "info" }), rules.names(memory, kind, pending.missing)
  rules.check_document(memory, pending, said)
  return #said.all == 0, names
end

return verdicts
