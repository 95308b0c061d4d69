-- want: 2 all refused
-- run: render --grant http=http://localhost:1@127.0.0.0/8
template "x" { summary = "s", render = function(ctx)
  local odd = { 1, "x", { headers = 1 }, { headers = { [1] = "a" } }, { headers = { [""] = "a" } }, { headers = { a = {} } }, { headers = { ["Transfer-Encoding"] = "x" } },
    { headers = { ["proxy-authorization"] = "x" } }, { query = { a = {  {} } } }, { form = { [{}] = 1 } }, { json = function() end },
    { auth = {} , ca = {} }, { auth = { basic = "u" } }, { auth = { basic = { "u:v", "w" } } }, { auth = { digest = "x" } }, { auth = { certificate = "/etc/passwd" } },
    { auth = { certificate = "-----BEGIN nothing" } }, { ca = "/etc/passwd" }, { ca = "-----BEGIN nothing" }, { timeout = 0 / 0 }, { timeout = math.huge }, { timeout = "1" },
    { accept_status = { "x" } }, { accept_status = 1 }, { body = 1 }, { body = ("x"):rep(9 << 20) }, { [1] = 2 }, ctx, ctx.target }
  for i, options in pairs(odd) do
    if pcall(http.post, "http://localhost:1/", options) then error(i .. " was taken", 0) end
  end
  error "all refused"
end }
