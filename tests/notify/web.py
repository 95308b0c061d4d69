"""A webhook over TLS for the tests: web.py FOLDER. It takes every POST, and writes what came to FOLDER/posted: the path, the headers, the body.

The certificate is FOLDER/cert.pem and key.pem. Its port is in FOLDER/web, as Lua. With its standard input, it ends.
"""
import http.server, os, ssl, sys, threading

folder = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with open(f"{folder}/posted.part", "wb") as file:
            file.write(f"{self.path}\n{self.headers}".encode() + body)
        os.rename(f"{folder}/posted.part", f"{folder}/posted")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(f"{folder}/web.part", "w") as file:
    file.write(f"return {server.server_address[1]}\n")
os.rename(f"{folder}/web.part", f"{folder}/web")
sys.stdin.read()
