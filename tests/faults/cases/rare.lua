-- A provider that catches what it calls: a lack of memory must not look like an answer.
local function parts(text)
  local found = {}
  for part in text:gmatch "[^/]+" do found[#found + 1] = part end
  return found
end

provider "site" {
  summary = "what the site knows",
  variables = { "SITE_*" },
  resolve = function(name)
    local ok, found = pcall(parts, "eu/central/" .. name:lower())
    return ok and table.concat(found, "-") or "nowhere"
  end,
}
