-- Objects of any kind, judged by the rules as they are read: what `moonstep check` does with a stream of Kubernetes YAML.
local load = require "engine.load"
local rules = require "scripts.rules"
local sandbox = require "scripts.sandbox"

local judge = {}

-- The same object twice in what is given: the cluster would keep one of them.
local function note_duplicate(document, file, with)
  local name, line, column, end_line, end_column = load.peek(document, "metadata", "name")
  if not name then return end
  local kind, namespace = load.peek(document, "kind"), load.peek(document, "metadata", "namespace")
  local id = table.concat({ load.peek(document, "apiVersion") or "", kind, namespace or "", name }, "\0")
  local seen = with.seen or {}
  with.seen = seen
  local first = seen[id]
  if not first then
    seen[id] = { file, line, column, end_line, end_column, load.source_of(document) }
    return
  end
  local function at(of, source)
    return { file = of[1], line = of[2], column = of[3], end_line = of[4], end_column = of[5], source = source }
  end
  with.findings:add { rule = "duplicate-object", severity = "warning", path = "metadata.name",
    place = at({ file, line, column, end_line, end_column }, load.source_of(document)),
    object = { kind = kind, namespace = namespace, name = name }, message = ("%s %s is given again"):format(kind, name),
    related = { place = at(first, first[6]), message = "first given here" } }
end

local function judge_item(v, with)
  local object = { value = v }
  rules.check(with.registry, object, with.findings)
  rules.keep(with.registry, object)
end

-- A List stands for its items.
local function judge_list(document, with)
  local v = load.root(document)
  for _, item in ipairs(type(v.items) == "table" and v.items or {}) do
    if type(item) == "table" and type(item.kind) == "string" then judge_item(item, with) end
  end
end

-- Documents that are judged in one go: what is remembered about them is looked up under one allowance. The first is judged alone, for the
-- others to profit from.
local MOST_PENDING = 32

-- finish(with): judges the documents that wait.
function judge.finish(with)
  local pending = with.pending or {}
  if #pending == 0 then return end
  with.pending = {}
  sandbox.begin()
  rules.recall_verdicts(with.registry, pending, with.options.no_plan)
  for _, each in ipairs(pending) do
    if #each.missing > 0 then sandbox.begin() end
    local object = rules.check_document(with.registry, each, with.findings)
    if rules.looked_at_together(with.registry, each.kind) then
      rules.keep(with.registry, object or { value = load.root(each.document) })
    elseif not object and not each.keep then load.close(each.document) end
  end
end

-- document(document, with, keep): judges what documents.load gives for a kind that moonstep has no use for, at the latest when `finish` is
-- called. Then the document is closed if it can be, unless the caller needs it.
function judge.document(document, with, keep)
  local read, kind = document.document, load.peek(document.document, "kind")
  if kind == "List" then
    sandbox.begin()
    return judge_list(read, with)
  end
  note_duplicate(read, document.file, with)
  with.pending = with.pending or {}
  table.insert(with.pending, { document = read, kind = kind, keep = keep })
  with.most_pending = with.most_pending or 1
  if #with.pending < with.most_pending then return end
  judge.finish(with)
  with.most_pending = math.min(2 * with.most_pending, MOST_PENDING)
end

return judge
