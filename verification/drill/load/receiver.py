"""Whom the HTTP jobs of the drill call: it notes in the independent ledger when a request has come, and when it is
answered, after as long as other bodies take."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from verification.benchmark.workload import BODY_SECONDS
from verification.drill import ledger

HOST = "127.0.0.1"


class Noting(BaseHTTPRequestHandler):
    """Connection of a client, kept from request to request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Note the key that the body names, its entry before and its end after the pause; then answer 204."""
        key = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["key"]
        ledger.write(ledger.ENTRY, key)
        time.sleep(BODY_SECONDS)
        ledger.write(ledger.END, key)
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the ledger has it."""

    def handle(self) -> None:
        """Answer requests until the client goes; a killed one leaves its connection in the middle of anything."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """Server with a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128  # with the 5 of the library a burst's connections would wait a second


@contextmanager
def receiving() -> Iterator[str]:
    """Listen on a free port; yields its address, `host:port`."""
    with Server((HOST, 0), Noting) as server:
        thread = threading.Thread(target=server.serve_forever, name="receiver", daemon=True)
        thread.start()
        try:
            yield f"{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
