-- The provider `inventory`: variables from a file of the site, YAML, JSON or CSV, switched on in moonstep.yaml:
--
--   providers:
--     inventory:
--       file: inventory.yaml      relative to moonstep.yaml; the ending says what it is
--       under: databases          the map or list of rows in it (default: the whole file)
--       key: name                 in a list of rows, the field that is the target's name (default: name)
--       columns: {OWNER: owner, COST_CENTRE: cost}    which variable is which field
--       secret: [PASSWORD]        which of the variables are secret, or globs with *
--
-- In a map, the row is the one under the target's name.

local rows

local function load_rows()
  local read = settings.file:find "%.csv$" and csv.read or settings.file:find "%.json$" and json.read or yaml.read
  local all = read(settings.file)
  if settings.under then all = all[settings.under] end
  if not all then error(("%s has nothing under %s"):format(settings.file, settings.under), 0) end
  return all
end

local function row_of(name)
  rows = rows or load_rows()
  if #rows == 0 then return rows[name] end
  for _, row in ipairs(rows) do
    if row[settings.key or "name"] == name then return row end
  end
end

local names = {}
for name in pairs(settings.columns or {}) do names[#names + 1] = name end

provider "inventory" {
  summary = "variables of the target, from a file of the site",
  variables = names,
  secret = settings.secret,
  resolve = function(name, ctx)
    local target = ctx.target.ref and ctx.target.ref.name
    local row = target and row_of(target)
    return row and row[settings.columns[name]]
  end,
}
