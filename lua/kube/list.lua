-- Lists of objects, page by page.
--
-- list.all(connection, path [, query]) -> objects, the version that they are of (for kube.watch)
--
-- What a page goes on with is valid for some minutes only: where the server has forgotten it (410 in the middle), the list begins anew, and
-- after some times of that is asked for as a whole.
local connection = require "kube.connection"
local value = require "base.value"

local list = {}

local PAGE = 500 -- objects
local MOST_STARTS = 3

-- A page of the list, or nil when the server has forgotten what it goes on with.
local function page_of(self, path, query)
  local request = { method = "GET", path = path, query = query }
  local answer = self:request(request)
  if answer.status == 410 and query.continue then return nil end
  if connection.is_absence(answer) then
    self:raise(("GET %s: the cluster has no such kind; is its CustomResourceDefinition installed?"):format(path))
  end
  return self:expect(answer, request)
end

-- Items do not say what they are: the list does.
local function add_items(objects, page)
  local kind = type(page.kind) == "string" and page.kind:gsub("List$", "") or nil
  for _, object in ipairs(type(page.items) == "table" and page.items or {}) do
    object.apiVersion, object.kind = object.apiVersion or page.apiVersion, object.kind or kind
    objects[#objects + 1] = object
  end
end

local function try(self, path, query, limit)
  local objects, asked = {}, { limit = limit }
  for name, v in pairs(query or {}) do asked[name] = v end
  while true do
    local page = page_of(self, path, asked)
    if not page then return nil end
    add_items(objects, page)
    local token = value.get(page, "metadata", "continue")
    if type(token) ~= "string" or token == "" then return objects, value.get(page, "metadata", "resourceVersion") end
    asked.continue = token
  end
end

function list.all(self, path, query)
  for start = 1, MOST_STARTS do
    local objects, version = try(self, path, query, start < MOST_STARTS and PAGE or nil)
    if objects then return objects, version end
  end
  self:raise(("GET %s: the list was forgotten by the server each time before its end"):format(path))
end

return list
