-- want: 2 example.org:443 is not granted
http.get, http.request = nil, nil
template "x" { summary = "s", render = function(ctx) return http.put("https://example.org/") end }
