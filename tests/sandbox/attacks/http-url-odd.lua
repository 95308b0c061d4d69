-- want: 2 is not taken: it holds a zero byte
-- run: render --grant http=example.org
template "x" { summary = "s", render = function(ctx)
  for _, url in ipairs { false, 1, {}, "", "http://", "https://?", "https://[", "https://\27[31m", "https://a\r\nHost: b/", ("https://a/"):rep(20000) } do
    local ok, why = pcall(http.get, url)
    if ok then error("taken", 0) end
    log.info(why:sub(1, 60))
  end
  http.get "https://example.org\0.evil.corp/"
end }
