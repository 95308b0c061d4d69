-- The built-in providers that moonstep.yaml switches on: which script each is, and what its settings grant.
--
-- Who names a file in the settings of a provider wants it read, so that is all that has to be said.
local provided = {}

-- name -> { script, allow(grants, settings, folder of moonstep.yaml) }
local PROVIDERS = {
  env = { "lua/providers/env.lua", function(grants, settings)
    for _, variable in ipairs(settings.names or {}) do grants:allow_env((settings.prefix or "") .. variable) end
    for _, variable in ipairs(settings.secret or {}) do grants:hide_env((settings.prefix or "") .. variable) end
  end },
  inventory = { "lua/providers/inventory.lua", function(grants, settings, folder)
    if settings.file then grants:allow_read(settings.file, folder) end
  end },
  file = { "lua/providers/file.lua", function(grants, settings, folder)
    if settings.folder then grants:allow_read(settings.folder, folder) end
  end },
  dotenv = { "lua/providers/dotenv.lua", function(grants, settings, folder)
    for _, file in ipairs(settings.files or {}) do grants:allow_read(file, folder) end
  end },
}

-- allow(name, grants, settings, folder) -> the script of the provider; from then on it may read what its settings name.
function provided.allow(name, grants, settings, folder)
  local provider = PROVIDERS[name]
  provider[2](grants, settings, folder)
  return provider[1]
end

return provided
