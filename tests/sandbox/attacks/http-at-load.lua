-- want: 2 example.org:443 is not granted
http.get "https://example.org/"
