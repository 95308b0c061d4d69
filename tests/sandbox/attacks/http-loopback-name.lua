-- want: 2 which is not where its grant allows it to be
-- run: render --grant http=http://metadata.localhost
template "x" { summary = "s", render = function(ctx) return http.get "http://metadata.localhost/latest/meta-data/" end }
