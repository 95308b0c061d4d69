-- want: 2 refused: http: the name of a server must not be secret
local s = secret("xyzzy" .. "/plugh")
template "x" { summary = "s", render = function(ctx)
  local _, why = pcall(http.get, "https://" .. s)
  error(why:find "xyzzy" and why:reverse() or "refused: " .. why, 0)
end }
