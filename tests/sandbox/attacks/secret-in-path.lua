-- want: 2 GET https://example.org/a/***/../b?*** & https://example.org/***
-- run: render --grant http=example.org:444
-- Written as a URL is, it would not be found again: spaces are encoded, dots go, and what stands behind ? is cut off.
template "x" { summary = "s", render = function(ctx)
  for _, text in pairs { "xyzzy" .. " plugh/42", "xyzzy" .. "/../plugh:42", "xyzzy" .. "?plugh 42", "xyzzy" .. "#plugh", "xyzzy" .. "%zzplugh",
    "xyzzy" .. "@plugh" } do
    local _, why = pcall(http.get, "https://example.org/" .. secret(text) .. "/x")
    if why:find "xyzzy" or why:find "plugh" then error("it told " .. why:reverse(), 0) end
    log.info(why)
  end
  http.get("https://example.org/a/" .. secret("xyzzy" .. " plugh 42") .. "/../b?" .. secret "4444")
end }
