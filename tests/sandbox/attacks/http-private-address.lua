-- want: 2 it leads to 127.0.0.1, which is not where its grant allows it to be
-- run: render --grant http=127.0.0.1:1
template "x" { summary = "s", render = function(ctx) return http.get "https://127.0.0.1:1/" end }
