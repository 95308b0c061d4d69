-- want: 2 ca is secret, and so must be PEM and not the name of a file
-- run: render --grant http=example.org --grant read=/usr/share
local s = secret("xyzzy" .. "//plugh/../plugh")
template "x" { summary = "s", render = function(ctx)
  local _, why = pcall(http.get, "https://example.org/", { ca = "/usr/share/" .. s })
  error(why:find "plugh" and why:reverse() or why, 0)
end }
