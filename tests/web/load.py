"""Callers that cost a server something: they wait, or send half a request, byte by byte, and come again when cut off."""

from __future__ import annotations

import asyncio
import http.client
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

DRIP_S = 2.0  # between two bytes


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Callers:
    """Connections of one port, held by an event loop in a thread of its own. `answers` counts what came back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open = 0
        self.answers: list[bytes] = []
        self._waiting: list[Callable[[], bytes]] = []
        self._dripping: list[bytes] = []
        self._stop = threading.Event()

    def wait(self, number: int, whole: bytes) -> None:
        self._waiting += [lambda: whole] * number

    def drip(self, number: int, half: bytes) -> None:
        """Send this, but for its last byte: the last hundred bytes slowly."""
        self._dripping += [half] * number

    @contextmanager
    def calling(self) -> Iterator[Callers]:
        thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    async def _all(self) -> None:
        tasks = [asyncio.create_task(self._again(self._wait, make())) for make in self._waiting]
        tasks += [asyncio.create_task(self._again(self._drip, half)) for half in self._dripping]
        while not self._stop.is_set():
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again(self, call: Callable[..., object], data: bytes) -> None:
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                self.open += 1
                try:
                    await call(reader, writer, data)  # type: ignore[misc]
                finally:
                    self.open -= 1
                    writer.close()
            await asyncio.sleep(0.2)

    async def _wait(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whole: bytes) -> None:
        writer.write(whole)
        self.answers.append(await reader.read(65536))

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, half: bytes) -> None:
        writer.write(half[:-100])
        answer = asyncio.ensure_future(reader.read(65536))
        for byte in half[-100:-1]:
            await asyncio.wait({answer}, timeout=DRIP_S)
            if answer.done():
                break
            writer.write(bytes([byte]))
        self.answers.append(await answer)


def timed(port: int, whole: bytes, times: int, pause: float = 0.02) -> list[float]:
    """Seconds of each of so many requests, each on a connection of its own, one after the other."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        status = ask_raw(port, whole)
        took.append(time.perf_counter() - began)
        assert status in (200, 201), status
        time.sleep(pause)
    return sorted(took)


def ask_raw(port: int, whole: bytes) -> int:
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    caller.connect()
    caller.sock.sendall(whole)
    answer = http.client.HTTPResponse(caller.sock)
    answer.begin()
    answer.read()
    answer.close()
    caller.close()
    return answer.status


def quantile(sorted_: list[float], share: float) -> float:
    return statistics.quantiles(sorted_, n=100, method="inclusive")[round(share * 100) - 1]


GUNICORN = [
    *["-m", "gunicorn", "project.wsgi", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"],
    "--bind",
]
