-- moonstep explain
local batch = require "batch.run"
local diag = require "base.diag"
local emit = require "engine.emit"
local find = require "batch.find"
local host = require "engine.host"
local inputs = require "commands.inputs"
local near = require "base.near"
local path = require "base.path"
local place = require "base.place"
local road = require "road"
local secret = require "engine.secret"
local targets = require "model.targets"
local trace = require "variables.trace"
local value = require "base.value"
local view = require "engine.view"

local command = {
  summary = "say where the values of variables and fields come from",
  usage = "moonstep explain [VARIABLE...] -f FILE [-f FILE]... [--field PATH] [--targets FILE --target NAME] [options]",
  text = [[
Says for each variable that a Task or Function asks for: its value, where that came from, what it shadowed, and where it is used. With
names, for these alone. With --field, says where a field of the rendered objects was written, such as
spec.template.spec.initContainers[0].args[3], and which variables are in it. With --targets and --target, says it for the rows of that
name.
]],
  options = inputs.with {
    { long = "output", short = "o", kind = "choice", choices = { "text", "json" }, default = "text", help = "how it is printed" },
    { long = "field", kind = "text", value = "PATH", help = "a field of the rendered objects" },
    { long = "targets", kind = "text", value = "FILE", help = "rows, as for render" },
    { long = "target", kind = "text", value = "NAME", help = "with --targets: the rows of this name, or NAMESPACE/NAME" },
  },
}

local function where(at)
  if not at then return nil end
  local file = diag.visible(at.file)
  return at.line and ("%s:%d:%d"):format(file, at.line, at.column) or file
end

local function source_words(source) return source.what .. (where(source.place) and " at " .. where(source.place) or "") end

-- A value in one line, with control characters and quotes made visible.
local function shown(text)
  local quoted = ("%q"):format(secret.mask(text)):gsub("\\\n", "\\n")
  return diag.visible(quoted)
end

local function print_group(out, name, group)
  local function add(...) out[#out + 1] = (...):format(select(2, ...)) end
  local first = group.sources[1]
  if first then add("%s = %s\n    from %s\n", name, shown(first.value), source_words(first))
  else add("%s has no value\n", name) end
  for i = 2, #group.sources do add("    over %s from %s\n", shown(group.sources[i].value), source_words(group.sources[i])) end
  for _, use in ipairs(group.uses) do
    local note = not first and use.optional and ", where its default counts" or ""
    add("    used at %s in %s%s\n", where(use.place) or "?", use.within or "?", note)
  end
end

local function place_of(at) return at and { file = at.file, line = at.line, column = at.column } or nil end

local function json_group(name, group)
  local first = group.sources[1]
  local entry = { name = name, value = first and first.value or value.null, shadowed = value.list {}, uses = value.list {} }
  if first then entry.source, entry.place, entry.secret = first.what, place_of(first.place), first.secret end
  for i = 2, #group.sources do
    local source = group.sources[i]
    entry.shadowed[i - 1] = { source = source.what, value = source.value, place = place_of(source.place) }
  end
  for i, use in ipairs(group.uses) do
    local at = place_of(use.place) or {}
    entry.uses[i] = { file = at.file, line = at.line, column = at.column, within = use.within, default = use.optional or nil }
  end
  return entry
end

local function contains(outer, inner)
  if not (outer and inner and outer.line and inner.line) or outer.file ~= inner.file then return false end
  local from = outer.line < inner.line or (outer.line == inner.line and outer.column <= inner.column)
  local to = outer.end_line > inner.line or (outer.end_line == inner.line and outer.end_column >= inner.column)
  return from and to
end

-- A value without known secrets.
local function masked(v)
  v = view.shown(v)
  if type(v) == "string" then return secret.mask(v) end
  if type(v) ~= "table" or not secret.any() then return v end
  local copy = value.copy(v)
  for key in pairs(copy) do copy[key] = masked(copy[key]) end
  return copy
end

-- The record's groups of the variables that stand within a place, with their names.
local function groups_within(record, at)
  local found = {}
  for _, target in ipairs(record.targets) do
    for _, name in ipairs(target.names) do
      for _, group in ipairs(target.by_name[name].groups) do
        local uses = {}
        for _, use in ipairs(group.uses) do
          if contains(at, use.place) then uses[#uses + 1] = use end
        end
        if uses[1] then found[#found + 1] = { name = name, group = { sources = group.sources, uses = uses } } end
      end
    end
  end
  return found
end

-- --- texts

-- The text of what is explained, as far as it is known.
local Text = {}
Text.__index = Text

local function new_text(given, names, steps)
  local emitter = emit.new(require "output.order")
  return setmetatable({ given = given, names = names, steps = steps, emitter = emitter, out = {}, known = {} }, Text)
end

function Text:add_field(object, v, at, found)
  local emitter, out, field = self.emitter, self.out, self.given.field
  if self.given.output == "json" then
    local variables = value.list {}
    for i, each in ipairs(found) do variables[i] = json_group(each.name, each.group) end
    out[#out + 1] = emitter:json(masked { object = { kind = object.kind, namespace = object.metadata.namespace,
      name = object.metadata.name }, field = field, value = v, place = place_of(at), variables = variables }) .. "\n"
    return
  end
  out[#out + 1] = ("%s %s: %s = %s\n    written at %s\n"):format(object.kind, object.metadata.name, field, emitter:json(masked(v)),
    where(at) or "no file: the template made it")
  for _, each in ipairs(found) do print_group(out, each.name, each.group) end
end

function Text:add_fields(record, objects)
  for _, object in ipairs(objects) do
    local t, key = path.follow(object, self.steps)
    if t then
      local at = place.of(t, key)
      self:add_field(object, t[key], at, at and groups_within(record, at) or {})
    end
  end
end

local function wanted_names(target, names)
  if #names == 0 then return target.names end
  local found = {}
  for _, name in ipairs(names) do
    if target.by_name[name] then found[#found + 1] = name end
  end
  return found
end

-- What stands above the variables of one target.
local function title(object, row)
  local namespace = object.namespace and object.namespace .. "/" or ""
  if row then return ("# target %s%s, row %d at %s\n"):format(namespace, object.name, object.index + 1, where(row.place)) end
  return ("# %s %s%s, target %d\n"):format(object.kind, namespace, object.name, object.index)
end

function Text:add_variables(record, row)
  for _, target in ipairs(record.targets) do
    for _, name in ipairs(target.names) do self.known[name] = true end
    local entries = value.list {}
    if self.given.output == "text" and (row or #record.targets > 1) then self.out[#self.out + 1] = title(target.object, row) end
    for _, name in ipairs(wanted_names(target, self.names)) do
      for _, group in ipairs(target.by_name[name].groups) do
        if self.given.output == "json" then entries[#entries + 1] = json_group(name, group) else print_group(self.out, name, group) end
      end
    end
    if self.given.output == "json" then
      self.out[#self.out + 1] = self.emitter:json(masked { object = target.object, variables = entries }) .. "\n"
    end
  end
end

-- add(record, objects [, row]): explains what was rendered.
function Text:add(record, objects, row)
  if self.steps then self:add_fields(record, objects) else self:add_variables(record, row) end
end

-- finish() -> all of it; nil and why when what was asked for is not there
function Text:finish()
  if self.steps and not self.out[1] then return nil, ("no rendered object has a field %s"):format(self.given.field) end
  for _, name in ipairs(not self.steps and self.names or {}) do
    if not self.known[name] then
      local meant = near(name, value.keys(self.known))
      return nil, ("nothing that was rendered asks for %s%s"):format(name, meant and "; did you mean " .. meant .. "?" or "")
    end
  end
  return table.concat(self.out)
end

-- --- what is rendered

local function render(options, report, text)
  local record, note = trace.new()
  options.record, options.objects = note, {}
  road.render(options, report)
  text:add(record, options.objects)
end

-- Renders the rows of one name, each by itself. Returns nil, or why there is none.
local function render_rows(options, report, text, name)
  local with, template, rows = batch.prepare(options, report)
  if not with then return nil end
  local _, why = find.each(rows, name, options.namespace, function(row)
    local target = targets.of_row(row, options.task, options.namespace)
    local record, note = trace.new()
    with.record = note
    options.objects, with.made, with.makers = {}, {}, {}
    road.finish(road.make(target, template, with), target, template, with)
    text:add(record, options.objects, row)
  end)
  if rows.broken then report:add(rows.broken) end
  if with.checks then with.checks.findings:flush(report) end
  if not why then road.warn_unused(options, report) end
  return why
end

-- Why the options do not go together, or nil.
local function wrong_in(given)
  if given.targets and not given.target then return "--targets needs --target NAME: which of the rows is explained" end
  if given.target and not given.targets then return "--target names a row: it needs --targets FILE" end
end

function command.run(given, names, wrong)
  local options, why = inputs.read("explain", given, {})
  why = why or wrong_in(given)
  if why then return wrong(why) end
  local steps = given.field and path.parse(given.field)
  if given.field and not steps then
    return wrong(("--field takes a path such as spec.template.spec.containers[0].image, not %q"):format(given.field))
  end
  options.targets = given.targets
  local report, text, said = inputs.report(given), new_text(given, names, steps), nil
  if given.targets then why = render_rows(options, report, text, given.target) else render(options, report, text) end
  if not why then said, why = text:finish() end
  if not said then return wrong(why) end
  host.output(given.output == "text" and secret.mask(said) or said)
  return report:status()
end

return command
