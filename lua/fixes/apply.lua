-- check --fix: what findings would have changed is changed in the user's own files, and nothing else in them.
--
-- A finding has `fix`, and `table` and `keys` that lead to the value. It is fixed where that value was written by itself: a value that came
-- out of variables or a template has no line of its own that could be changed.
local diff = require "base.diff"
local files = require "engine.files"
local k8s = require "scripts.k8s"
local load = require "engine.load"
local page = require "fixes.page"
local path = require "base.path"
local place = require "base.place"
local plan = require "fixes.plan"
local remote = require "scripts.remote"
local secret = require "engine.secret"
local value = require "base.value"
local view = require "engine.view"

-- --- where

-- The deepest table on a finding's way, and the index of the key behind it.
local function deepest(finding)
  local t, keys = finding.table, finding.keys
  for i = 1, #keys - 1 do
    if type(t[keys[i]]) ~= "table" then return t, i end
    t = t[keys[i]]
  end
  return t, #keys
end

-- Where a finding's value is written: { source, line, column } of the table that holds it, the keys from there, what is there now.
-- Otherwise nil and why it cannot be fixed.
local function written(finding)
  if #finding.keys == 0 then return nil, "it is the whole object" end
  local t, i = deepest(finding)
  local key, made = finding.keys[i], load.place(finding.table) == nil
  local own, own_key = place.written(t, key)
  if not own then return nil, "it is not written in a file, but made from others" end
  if (made or own ~= t) and (i < #finding.keys or t[key] == nil) then return nil, "it is missing in what was made, not in a file" end
  local line, column = load.place(own)
  local keys = table.move(finding.keys, i + 1, #finding.keys, 2, { own_key })
  return { source = load.source_of(own), line = line, column = column, keys = keys, was = t[key] }
end

-- The keys that lead to the table that starts at a place, or nil.
local function find_table(own, t, line, column)
  local at, at_column = load.place(t)
  if at == line and at_column == column then return {} end
  for _, key in ipairs(value.keys(t)) do
    if type(t[key]) == "table" and not own:is_elsewhere(t, key) then
      local found = find_table(own, t[key], line, column)
      if found then
        table.insert(found, 1, key)
        return found
      end
    end
  end
end

-- The document that a line lies in, and its number.
local function document_at(own, line)
  local low, high = 1, #own.tables
  while low < high do
    local middle = (low + high + 1) // 2
    if load.place(own.roots[own.tables[middle]]) <= line then low = middle else high = middle - 1 end
  end
  local number = own.tables[low]
  return own.roots[number], number
end

-- --- requests

local SCALARS = { string = true, number = true, boolean = true }
local MOST_TABLES = 1000 -- of a fix

-- A copy of what a script gave, which may be anything; a list is any table with a first item. Raises when it is no value. `seen.tables`
-- counts, since tables may hold each other.
local function plain(v, seen)
  local shown = view.shown(v)
  if SCALARS[type(shown)] then return shown end
  seen.tables = seen.tables + 1
  if type(shown) ~= "table" or seen.tables > MOST_TABLES then error "no value" end
  local copy = {}
  for _, key in ipairs(value.keys(shown)) do copy[key] = plain(shown[key], seen) end
  return (shown[1] ~= nil or value.is_list(shown)) and value.list(copy) or copy
end

-- The value that a finding's fix stands for, and true when it stands for none.
local function wanted(finding)
  if finding.fix == k8s.remove then return nil, true end
  return plain(finding.fix, { tables = 0 }), false
end

-- What a finding asks for as fixes.plan takes it; nil and why not.
local function request_for(own, finding, at)
  local root, number = document_at(own, at.line)
  local keys = root and find_table(own, root, at.line, at.column)
  if not keys then return nil, "it is written under an alias" end
  table.move(at.keys, 1, #at.keys, #keys + 1, keys)
  local ok, to, remove = pcall(wanted, finding)
  if not ok then return nil, "what its rule proposes is no value" end
  local t, key = path.follow(root, keys)
  local now = t and t[key]
  if at.was ~= nil and #at.keys == 1 and not plan.same(now, at.was) then return nil, "its value came out of variables" end
  return { finding = finding, document = number, keys = keys, was = now, to = to, remove = remove }
end

-- --- files

-- The findings with a fix by file, in the order of the text: { name, all = { { finding, at }, … } }. Those without a place say why.
local function by_file(findings)
  local all, names = {}, {}
  for _, finding in ipairs(findings) do
    if finding.fix ~= nil and finding.table and not finding.waived then
      local at, why = written(finding)
      local name = at and load.name(at.source)
      if at then
        if not all[name] then names[#names + 1] = name end
        all[name] = all[name] or {}
        table.insert(all[name], { finding = finding, at = at })
      else finding.unfixed = why end
    end
  end
  table.sort(names)
  return all, names
end

local MARK = "\u{feff}"

-- The text of a file as it is edited, and what stands before it; nil and why it cannot be.
local function text_of(name, source)
  if remote.is_url(name) then return nil, "it came by URL, and can only be changed where it is kept" end
  local bytes, problem = files.read(name)
  if not bytes then return nil, problem.message end
  local mark = bytes:sub(1, #MARK) == MARK and MARK or ""
  local text = bytes:sub(#mark + 1)
  if load.text(source) ~= text then return nil, "the file is no UTF-8, or has changed since it was read" end
  return text, mark
end

local function refuse(all, why)
  for _, each in ipairs(all) do each.finding.unfixed = why end
end

-- The requests of a file from its end to its beginning.
local function requests_of(own, all)
  local requests = {}
  for _, each in ipairs(all) do
    local request, why = request_for(own, each.finding, each.at)
    if request then requests[#requests + 1] = request else each.finding.unfixed = why end
  end
  local function before(a, b)
    local p, q = a.finding.place, b.finding.place
    if p.line ~= q.line then return p.line > q.line end
    if p.column ~= q.column then return p.column > q.column end
    return a.finding.number < b.finding.number
  end
  table.sort(requests, before)
  return requests
end

-- Fixes a file's findings. Returns its texts before and after, and what stands before them; nil when nothing was done.
local function fix_file(name, all)
  local text, mark = text_of(name, all[1].at.source)
  if not text then return refuse(all, mark) end
  local own, problem = page.parse(text, name)
  if not own then return refuse(all, problem.message) end
  local requests = requests_of(own, all)
  local after = plan.run(own, requests, name)
  for _, request in ipairs(requests) do
    request.finding.fixed, request.finding.unfixed = request.done, request.why
  end
  if after.text ~= text then return text, after.text, mark end
end

-- Writes the file, or prints how it would change. When it cannot be written, nothing counts as fixed.
local function put(name, all, before, after, mark, dry_run, report)
  if dry_run then
    report.write(secret.mask(diff.unified(before, after, name, name)))
    return
  end
  local ok, problem = files.replace(name, mark .. after)
  if ok then return end
  for _, each in ipairs(all) do each.finding.fixed, each.finding.unfixed = nil, problem.message end
end

local function tell(finding, report, dry_run)
  if finding.fixed and not dry_run then report:fixed(finding) end
  if not finding.unfixed then return end
  local words = "--fix cannot mend this: " .. finding.unfixed
  finding.hint = finding.hint and ("%s; %s"):format(finding.hint, words) or words
end

-- apply(dry run, findings, report) -> the findings that are left, in the order that they were in. In a dry run nothing is written, and what
-- would be is printed as a diff.
return function(dry_run, findings, report)
  local all, names = by_file(findings)
  for _, name in ipairs(names) do
    local before, after, mark = fix_file(name, all[name])
    if before then put(name, all[name], before, after, mark, dry_run, report) end
  end
  local left = {}
  for _, finding in ipairs(findings) do
    tell(finding, report, dry_run)
    if not finding.fixed then left[#left + 1] = finding end
  end
  return left
end
