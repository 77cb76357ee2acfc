"""The shop's application: one page made from what is in redis, and /healthz."""

import html
import http.server
import os
import signal
import socket
import sys

HOST, PORT = os.environ["DATABASE"].split(":")
VISITORS = "visitors"


def ask(*words):
    """One command to redis, one answer: the few kinds of the protocol that a shop needs."""
    with socket.create_connection((HOST, int(PORT)), timeout=2) as connection:
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        connection.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        return read_answer(connection.makefile("rb"))


def read_answer(stream):
    line = stream.readline().decode().rstrip("\r\n")
    kind, rest = line[:1], line[1:]
    if kind == "-" or not kind:
        raise OSError(f"the database says: {rest or 'nothing'}")
    if kind == "*":
        return [read_answer(stream) for _ in range(int(rest))]
    if kind == "$":
        return stream.read(int(rest) + 2)[:-2].decode()
    return rest


def page():
    goods = [name.split(":", 1) for name in ask("LRANGE", "goods", "0", "-1")]
    rows = "".join(f"<li>{html.escape(name)}: {html.escape(price)}</li>\n" for price, name in goods)
    return (f"<h1>The harbour shop</h1>\n<ul>\n{rows}</ul>\n"
            f"<p>You are visitor {ask('INCR', VISITORS)}.</p>\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, text = 200, "ok\n" if self.path == "/healthz" else page()
        except OSError as problem:
            status, text = 503, f"The shop is closed: {problem}\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *words):
        if self.path != "/healthz":
            print(f"{self.path}: {words[2] if len(words) > 2 else words}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"open, with the goods from {HOST}")
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
