"""An SMTP server for the tests, by aiosmtpd: server.py FOLDER [ADDRESS to listen at, else 127.0.0.1]. Letters that arrive are files in FOLDER/mail, with the envelope before them.

Ports are in FOLDER/ports, as Lua: starttls (and a login), tls (from the start, and a login), plain. With its standard input, it ends.
Recipients say how it behaves:
later-N@... is refused for now N times (451), nobody@... for ever (550).
"""
import collections, os, socket, ssl, sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder = sys.argv[1]
address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
refused = collections.Counter()


class Handler:
    number = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 there is no such user"
        if address.startswith("later-"):
            refused[address] += 1
            if refused[address] <= int(address[6:].split("@")[0]):
                return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.number += 1
        path = f"{folder}/mail/{self.number}"
        with open(path + ".part", "wb") as file:
            tls = server.transport.get_extra_info("ssl_object") is not None
            login = session.auth_data.login.decode() if session.authenticated else "nobody"
            file.write(f"envelope: {envelope.mail_from} {','.join(envelope.rcpt_tos)} {login} tls={tls}\n".encode())
            file.write(envelope.original_content)
        os.rename(path + ".part", path)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == b"mailer" and data.password == b"good-password"
    return AuthResult(success=good, handled=False, auth_data=data)


class AnyPort(Controller):
    """Takes a port that is free. It is asked once, by a client that takes any certificate, so that it is there when it is said to be."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        with socket.create_connection((address, self.port), 1.0) as connection:
            if self.ssl_context:
                connection = anybody.wrap_socket(connection)
            connection.recv(1024)


anybody = ssl.create_default_context()
anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE


def start(handler, **options):
    controller = AnyPort(handler, hostname=address, port=0, **options)
    controller.start()
    return controller, controller.port


tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
os.makedirs(f"{folder}/mail", exist_ok=True)
handler = Handler()
secure, secure_port = start(handler, tls_context=tls, require_starttls=True, auth_required=True, authenticator=authenticate)
implicit, implicit_port = start(handler, ssl_context=tls, auth_required=True, auth_require_tls=False, authenticator=authenticate)
plain, plain_port = start(handler)
with open(f"{folder}/ports.part", "w") as file:
    file.write(f"return {{ starttls = {secure_port}, tls = {implicit_port}, plain = {plain_port} }}\n")
os.rename(f"{folder}/ports.part", f"{folder}/ports")
sys.stdin.read()
secure.stop()
implicit.stop()
plain.stop()
