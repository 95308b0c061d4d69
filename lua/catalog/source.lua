-- The catalogue beside the given files: Functions and Tasks that no file holds, as entries of the model. They are read from the text that
-- `moonstep catalog show` prints, so messages point into that: "catalog/Function/postgres-dump-15".
local all = require "catalog.all"
local diag = require "base.diag"
local index = require "model.index"
local read = require "documents.load"
local write = require "output.write"

local source = {}

local KINDS = { Function = true, Task = true }

-- find(kind, namespace, name) -> an entry as the model has it | nil
function source.find(kind, _, name)
  local found = KINDS[kind] and all.find(kind, name)
  if not found then return nil end
  local report = { add = function(_, d) diag.raise(d) end } -- the catalogue's own mistakes
  local documents = read({ { ("catalog/%s/%s"):format(kind, name), (assert(write.text(found.object, "yaml"))) } }, {}, report)
  return index(documents, { strict = true }, report):find(kind, "", name)
end

-- names(kind) -> the names that there are
function source.names(kind) return KINDS[kind] and all.names(kind) or {} end

return source
