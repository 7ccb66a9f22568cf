"""A server for the HTTP jobs of the benchmark: it counts requests, and answers after as long as other bodies take."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from types import TracebackType
from typing import Any

from verification.benchmark.workload import BODY_SECONDS

HOST = "127.0.0.1"
END_OF_HEAD = b"\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class HttpServer:
    """Serves in a thread of its own while it is entered."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: Counter[str] = Counter()  # by the id of the job that sent it
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="http-server", daemon=True)
        self._listens = threading.Event()

    def __enter__(self) -> HttpServer:
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        server = self._loop.run_until_complete(self._loop.create_server(lambda: _Connection(self), HOST, 0))
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}/"
        self._listens.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()


class _Connection(asyncio.Protocol):
    def __init__(self, counts: HttpServer) -> None:
        self._counts = counts
        self._unread = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._counts.connections += 1

    def data_received(self, data: bytes) -> None:
        self._unread += data
        head, found, rest = self._unread.partition(END_OF_HEAD)
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        length = int(headers.get(b"content-length", 0))
        if not found or len(rest) < length:
            return
        self._unread = rest[length:]
        self._counts.requests[headers.get(b"job-id", b"").decode()] += 1
        asyncio.get_running_loop().call_later(BODY_SECONDS, self._transport.write, ANSWER)
