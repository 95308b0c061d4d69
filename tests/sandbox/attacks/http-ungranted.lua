-- want: 2 example.org:443 is not granted
template "x" { summary = "s", render = function(ctx) return http.get "https://example.org/" end }
