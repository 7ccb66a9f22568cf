"""A server for HTTP jobs to call: it counts connections and handshakes, and keeps what it was sent."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server named localhost needs for TLS, and the file of the authority that vouches for it."""
    authority, file = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    return tls, file


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Counts:
    connections: int = 0
    handshakes: int = 0
    requests: list[Seen] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.server.count("connections")
        if self.server.tls is not None:
            raw = self.request
            self.request = self.server.tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
            try:
                self.request.do_handshake()
            except OSError:
                self.request.close()
                raise
            self.server.count("handshakes")
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.request.close()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.server.counts.requests.append(seen)
        what, _, value = self.path.strip("/").partition("/")
        getattr(self, f"do_{what}", self.do_ok)(value)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

    def do_ok(self, value: str) -> None:
        self.send(200, b'{"fine": true}')

    def do_status(self, value: str) -> None:
        self.send(int(value), b"as you like")

    def do_busy(self, value: str) -> None:
        """Too busy for the first request to it."""
        first = sum(seen.path == self.path for seen in self.server.counts.requests) == 1
        self.send(503 if first else 200, b"")

    def do_redirect(self, value: str) -> None:
        self.send(302, b"", Location="/ok")

    def do_echo(self, value: str) -> None:
        """Tell what was sent, with the status that stands in the address."""
        seen = self.server.counts.requests[-1]
        self.send(int(value or 200), repr(seen.headers).encode() + seen.body)

    def do_big(self, value: str) -> None:
        self.send(200, b"x" * int(value))

    def do_slow(self, value: str) -> None:
        self.server.over.wait(float(value))
        self.send(200, b'{"fine": true}')

    def do_silence(self, value: str) -> None:
        self.server.over.wait(float(value))

    def do_hangup(self, value: str) -> None:
        self.close_connection = True
        self.connection.close()

    def do_drip(self, value: str) -> None:
        """A byte every 50 ms: each is in time, all of them are not."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            if self.server.over.is_set():
                return
            self.wfile.write(b".")
            time.sleep(0.05)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Keep-Alive", "timeout=30")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """In silence."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls, self.counts, self.over = tls, Counts(), threading.Event()
        self._lock = threading.Lock()

    def count(self, what: str) -> None:
        with self._lock:
            setattr(self.counts, what, getattr(self.counts, what) + 1)

    def handle_error(self, *args: Any) -> None:
        """Clients that go away are part of the tests."""

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.server_port}"


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
