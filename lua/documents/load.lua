-- files --load--> documents
--
-- A document is { value, file, number, document }: the root value, the name of its file as the user gave it, its number in that
-- file, and the engine's document, which knows where the root stands. Most documents of a user's files may be of kinds that nobody here
-- needs: for those no tables are made, unless the caller makes them.
local files = require "engine.files"
local kinds = require "documents.kinds"
local load = require "engine.load"

local function point(file, source, line, column)
  return { file = file, source = source, line = line, column = column, end_line = line, end_column = column + 1 }
end

-- What a problem of the engine looks like to the user.
local function problem_diagnostic(problem, file, source)
  local d = { rule = problem.id, severity = "error", trouble = "document", message = problem.message, place = { file = file } }
  if problem.line then
    d.place = point(file, source, problem.line, problem.column)
  end
  if problem.other_line then
    d.related = { place = point(file, source, problem.other_line, problem.other_column),
      message = problem.id == "duplicate-key" and "first given here" or "begun here" }
  end
  return d
end

-- Takes a document that was read: one of a kind that is known, or that may be no object at all, becomes tables; another is the caller's.
local function take(document, file, number, documents, settings)
  local read = { file = file, number = number, document = document }
  local kind = load.peek(document, "kind")
  if kind and not kinds.known[kind] then
    if not settings.other or not settings.other(read) then return end
  end
  read.value = load.root(document)
  documents[#documents + 1] = read
end

-- The first line from the given one on that begins a document, or nil.
local function next_document(source, line)
  while true do
    local text = load.line(source, line)
    if not text then return nil end
    if text == "---" or text:find "^%-%-%-[ \t]" then return line end
    line = line + 1
  end
end

-- Reads the documents of a source. What is wrong with one ends it, unless settings.keep_going: then it goes on with the next.
local function read_documents(source, file, documents, settings, report)
  local reader, problem = load.reader(source)
  local number, begun = 0, 0
  while reader do
    local document
    document, problem = load.document(reader)
    if document then
      number = number + 1
      take(document, file, number, documents, settings)
    elseif not problem then return
    else
      report:add(problem_diagnostic(problem, file, source))
      begun = settings.keep_going and problem.line and next_document(source, math.max(problem.line, begun + 1))
      if not begun then return end
      reader, problem = load.reader(source, begun)
    end
  end
  report:add(problem_diagnostic(problem, file, source))
end

local function load_text(file, bytes, documents, settings, report)
  if settings.seen then settings.seen(file, bytes) end
  local source, problem = load.source(bytes, file)
  if source then return read_documents(source, file, documents, settings, report) end
  report:add(problem_diagnostic(problem, file, source))
end

local function load_file(path, documents, settings, report)
  local bytes, problem = files.read(path)
  if bytes then return load_text(path == "-" and "stdin" or path, bytes, documents, settings, report) end
  -- the message names the file already
  report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
end

-- A site's configuration may lie among its objects, and is none.
local function is_configuration(path) return path:match "[^/]*$" == "moonstep.yaml" end

-- load(paths, { recursive, keep_going, other, seen }, report) -> documents, in the order of the paths, the files and the text. What cannot
-- be read is reported. Instead of a path there may be { name, text }. other(document), if given, is called as they are read for those of
-- kinds that are not known, which have no value; what it returns true for is among the documents. seen(name, bytes), if given, is told of
-- every text that is read.
return function(paths, settings, report)
  local documents = {}
  for _, path in ipairs(paths) do
    if type(path) == "table" then load_text(path[1], path[2], documents, settings, report)
    elseif path ~= "-" and files.is_folder(path) then
      local found, problem = files.list(path, settings.recursive)
      if not found then
        report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
      elseif #found == 0 then
        report:add { rule = "no-input", severity = "error", trouble = true, place = { file = path },
          message = "this folder has no file that ends in .yaml, .yml or .json",
          hint = not settings.recursive and "-R looks into its folders too" or nil }
      end
      for _, file in ipairs(found or {}) do
        if not is_configuration(file) then load_file(file, documents, settings, report) end
      end
    else load_file(path, documents, settings, report) end
  end
  return documents
end
