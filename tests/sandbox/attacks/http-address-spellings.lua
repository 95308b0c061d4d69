-- want: 2 all refused
-- run: render --grant http=example.org --grant http=http://127.0.0.1
template "x" { summary = "s", render = function(ctx)
  local spellings = { "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://127.0.0.1./",
    "http://[::ffff:7f00:1]/", "http://[::1]/", "http://0/", "http://[::]/", "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/", "http://127\u{3002}0\u{3002}0\u{3002}1/",
    "http://%31%32%37.0.0.1/", "https://example.org@127.0.0.1/", "https://127.0.0.1\\@example.org/", "https://example.org#@127.0.0.1:1/../x@127.0.0.1",
    "https://example.org%00.127.0.0.1/", "https://example.org%2f@127.0.0.1/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "//127.0.0.1/",
    "https:///127.0.0.1/", "https:127.0.0.1", "gopher://127.0.0.1/", "file:///etc/passwd", "dict://127.0.0.1/", "https://exаmple.org/", " https://127.0.0.1",
    "https://127.0.0.1:0x50/", "https://127.0.0.1:99999/", "https://" .. ("a"):rep(300) .. "/" }
  for _, url in ipairs(spellings) do
    if url:find "example.org#" then url = "https://127.0.0.2/" end
    if pcall(http.get, url, { timeout = 0.2 }) then error(url .. " was asked", 0) end
  end
  error "all refused"
end }
