-- want: 2 no connection
-- run: render --grant http=http://localhost:1@127.0.0.0/8
template "x" { summary = "s", render = function(ctx)
  return ("a"):gsub("a", function() return http.post("http://localhost:1/").body end)
end }
