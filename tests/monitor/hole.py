"""A way to a broker that becomes a black hole: connected, and never again an answer."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit


class Hole:
    """Passes everything on until `open`; from then on it takes all, keeps it in `swallowed`, and says nothing."""

    def __init__(self, broker_url: str) -> None:
        parts = urlsplit(broker_url)
        self._far = (parts.hostname or "127.0.0.1", parts.port or {"redis": 6379, "amqp": 5672}[parts.scheme])
        self._door = socket.create_server(("127.0.0.1", 0))
        login, at, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{self._door.getsockname()[1]}"))
        self.open = False
        self.swallowed = b""
        self._sockets = [self._door]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(self._far)
                self._sockets += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.open:
                    self.swallowed += data
                else:
                    sink.sendall(data)
