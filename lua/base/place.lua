-- Places: where in the user's own files a value was written.
--
-- A place is { file, source, line, column, end_line, end_column }; lines and columns count from 1, columns in characters. It
-- belongs to a (table, key) pair. Tables of documents know their places, copies have those of the original; for a table that was
-- put together from others, `from` says where each of its fields came from.
local load = require "engine.load"

local place = {}

-- table -> key -> { table, key } that it was taken from
local origins = setmetatable({}, { __mode = "k" })

-- Says that t[key] was taken from other[other_key]; with key false, all of t that says nothing else was.
function place.from(t, key, other, other_key)
  local of_table = origins[t]
  if not of_table then
    of_table = {}
    origins[t] = of_table
  end
  of_table[key] = { other, other_key }
end

local function made(source, line, column, end_line, end_column)
  return { file = load.name(source), source = source, line = line, column = column, end_line = end_line, end_column = end_column }
end

-- of(table [, key [, "key"]]) -> where a table, the value of its key or the key itself was written; nil when nobody knows.
function place.of(t, key, part)
  local origin = key ~= nil and origins[t] and origins[t][key]
  if origin then return place.of(origin[1], origin[2], part) end
  local line, column, end_line, end_column = load.place(t, key, part)
  if line then return made(load.source_of(t), line, column, end_line, end_column) end
  local whole = origins[t] and origins[t][false]
  return whole and place.of(whole[1], whole[2])
end

-- at(document, keys [, "key"]) -> where what the keys lead to was written, or the last key; or the deepest part on the way that there is.
function place.at(document, keys, part) return made(load.source_of(document), load.place_at(document, keys, part)) end

-- written(table, key) -> the table and key of a document that the value was taken from, or nil
function place.written(t, key)
  local origin = origins[t] and origins[t][key]
  if origin then return place.written(origin[1], origin[2]) end
  if load.place(t) then return t, key end
end

-- root(document) -> where a document's root was written, be it a table or not.
function place.root(document) return made(load.source_of(document), load.root_place(document)) end

-- inside(reference) -> where a part of a string was written, as engine.subst's scan names it.
function place.inside(ref)
  local line, column, end_line, end_column = load.inside(ref.table, ref.key, ref.part, ref.offset, ref.length)
  if not line then return place.of(ref.table, ref.key) end
  return made(load.source_of(ref.table), line, column, end_line, end_column)
end

return place
