-- Where the values in a target's fields come from, in words: what was noted while it was resolved, by the places of the fields.
local place = require "base.place"

local sources = {}

-- note(resolver, reference, step, within): what variables.resolve calls for each reference.
function sources.note(resolver, reference, step)
  resolver.references = resolver.references or {}
  table.insert(resolver.references, { reference = reference, step = step })
end

local function words_of(resolver, each)
  local source = resolver.chain:source(each.reference.name, each.step)
  if not source then return each.reference.name .. ": the default" end
  local at = source.place and source.place.line and (" at %s:%d:%d"):format(source.place.file, source.place.line, source.place.column) or ""
  return ("%s from %s%s"):format(each.reference.name, source.what, at)
end

local function key_of(at) return ("%s:%d"):format(at.file, at.line) end

-- References by the lines that they stand in.
local function by_line(resolver)
  local lines = {}
  for _, each in ipairs(resolver.references or {}) do
    local at = place.inside(each.reference)
    if at and at.line then
      lines[key_of(at)] = lines[key_of(at)] or {}
      table.insert(lines[key_of(at)], { at = at, each = each })
    end
  end
  return lines
end

-- words(resolver) -> a function of a field's place: where the values of the variables in it come from, nil when there are none
function sources.words(resolver)
  local lines = by_line(resolver)
  return function(at)
    local out, said = {}, {}
    for _, found in ipairs(lines[key_of(at)] or {}) do
      local inside = found.at.column >= at.column and (at.end_line ~= at.line or found.at.column < at.end_column)
      local words = inside and words_of(resolver, found.each)
      if words and not said[words] then
        said[words] = true
        out[#out + 1] = words
      end
    end
    return out[1] and table.concat(out, ", ") or nil
  end
end

return sources
