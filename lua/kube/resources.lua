-- Where objects of a kind are: the API's own list of resources says it, so that kinds of any operator are found and no plural is guessed.
--
-- A list is got once in a run for each apiVersion. Of what it says only names, kinds and whether there are namespaces is recorded.
local diag = require "base.diag"
local emit = require "engine.emit"
local load = require "engine.load"
local near = require "base.near"
local client = require "kube.client"
local value = require "base.value"

local resources = {}

local FIELDS = { "resources", "name", "kind", "namespaced" }

local function raise(context, words, ...)
  diag.raise { rule = "kube", of_script = true, message = ("context %s: " .. words):format(context, ...) }
end

-- "/api/v1" or "/apis/apps/v1"
local function root_of(context, version)
  local group, number = version:match "^([%w.-]+)/(v%w+)$"
  if group then return ("/apis/%s/%s"):format(group, number) end
  if version:find "^v%w+$" then return "/api/" .. version end
  raise(context, "apiVersion must be such as v1 or apps/v1, not %s", diag.visible(version))
end

-- The resources of a list that have objects of their own: others, such as pods/log, are parts of them.
local function whole(list)
  local all = {}
  for _, each in ipairs(type(list) == "table" and list or {}) do
    if type(each.name) == "string" and type(each.kind) == "string" and not each.name:find("/", 1, true) then
      all[#all + 1] = { name = each.name, kind = each.kind, namespaced = each.namespaced == true }
    end
  end
  return all
end

local function recorded(answer)
  local v = client.decode(answer)
  local text = v and emit.new(FIELDS):json { resources = load.list(whole(v.resources)) }
  return text
end

local function no_kind(context, kind, version, all)
  local kinds = {}
  for _, each in ipairs(all) do kinds[each.kind] = true end
  local meant = near(kind, value.keys(kinds))
  raise(context, "there is no kind %s in %s%s", diag.visible(kind), version, meant and "; did you mean " .. meant .. "?" or "")
end

-- The resource of a kind, { name, kind, namespaced }, and the path that it is below.
local function find(self, kind, version)
  local root = root_of(self.name, version)
  local list = self:object(root, { recorded = recorded })
  if not list then
    raise(self.name, "the cluster has no API %s, so no kind %s; is its CustomResourceDefinition installed?", version, diag.visible(kind))
  end
  local all = whole(list.resources)
  for _, each in ipairs(all) do
    if each.kind == kind then return each, root end
  end
  no_kind(self.name, kind, version, all)
end

-- A name as a part of a path. What would be another path is no name of anything.
local function segment(context, what, name)
  if name == "" or name == "." or name == ".." or name:find "[/%%%c]" then
    raise(context, "%s is no %s", name == "" and "an empty text" or diag.visible(name), what)
  end
  return (name:gsub("[^%w%-._~:]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- is_namespaced(client, apiVersion, kind) -> whether its objects stand in namespaces
function resources.is_namespaced(self, version, kind) return (find(self, kind, version)).namespaced end

-- path(client, { apiVersion, kind, namespace, name }) -> the path of the object, or of the list where there is no name
function resources.path(self, wanted)
  local resource, root = find(self, wanted.kind, wanted.apiVersion)
  local path = root
  if resource.namespaced and wanted.namespace then
    path = ("%s/namespaces/%s"):format(path, segment(self.name, "namespace", wanted.namespace))
  elseif resource.namespaced and wanted.name then
    raise(self.name, "a %s is in a namespace; namespace = … says in which", wanted.kind)
  elseif wanted.namespace and not resource.namespaced then
    raise(self.name, "a %s is in no namespace", wanted.kind)
  end
  path = path .. "/" .. resource.name
  return wanted.name and path .. "/" .. segment(self.name, "name of an object", wanted.name) or path
end

return resources
