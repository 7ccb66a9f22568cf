"""A mail server and destinations for alerts."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from jobs.models import Destination

KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class MailSession(socketserver.StreamRequestHandler):
    """As much of SMTP as a client of Django needs."""

    server: MailServer

    def handle(self) -> None:
        self._say(b"220 sink")
        while line := self.rfile.readline().strip():
            verb = line.upper()[:4]
            if verb == b"DATA":
                self._say(b"354 go on")
                body = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    body += part.removeprefix(b".")
                self.server.mails.append(message_from_bytes(body, policy=policy.default))
            self._say(b"221 bye" if verb == b"QUIT" else b"250 fine")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mails: list[EmailMessage]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer(("127.0.0.1", 0), MailSession) as server:
        server.mails = []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def make_destination(db: None) -> Any:
    def make(name: str = "ops", kind: str = "mail", address: str = "ops@example.com", **more: Any) -> Destination:
        return Destination.objects.create(name=name, kind=kind, address=address, **more)

    return make
