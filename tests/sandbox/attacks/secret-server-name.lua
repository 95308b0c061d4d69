-- want: 2 refused: http: the name of a server must not be secret
-- run: render --grant http=example.org
local s = secret("Xyzzy" .. "-Plugh-42")
template "x" { summary = "s", render = function(ctx)
  for _, url in pairs { "https://" .. s .. "/", "https://" .. s .. ".example.org/", s .. "://example.org/", s, "https:" .. s, "//" .. s,
    "https://user:" .. s .. "@example.org/", "https://example.org" .. s, "https://example.org:" .. s .. "/" } do
    local ok, why = pcall(http.get, url)
    if ok or why:lower():find "plugh" then error(why:reverse(), 0) end
    if not why:find "name of a server" then error(why, 0) end
  end
  error("refused: " .. select(2, pcall(http.get, "https://" .. s .. "/")), 0)
end }
