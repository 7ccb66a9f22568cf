"""A door before a broker that is not ours to stop: shut, our processes find nobody, and nobody else notices."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from project.local.home import free_port

T = TypeVar("T")
CHUNK = 65536
ANSWER_WITHIN_S = 10.0


class Gate:
    """Listens on a port of 127.0.0.1 and passes everything on to the broker, while it is open."""

    def __init__(self, host: str, port: int) -> None:
        self.port = free_port()
        self._far = (host, port)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        threading.Thread(target=self._loop.run_forever, name="gate", daemon=True).start()
        self.open()

    def open(self) -> None:
        """Let connections in."""
        self._do(self._open())

    def shut(self) -> None:
        """Cut all connections and refuse new ones."""
        self._do(self._shut())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_WITHIN_S)

    async def _open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port, reuse_address=True)

    async def _shut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._far)
        except OSError:
            self._leave(writer)
            return
        self._writers.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                writer.write(chunk)
                await writer.drain()
        self._leave(writer)

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        with suppress(RuntimeError):
            writer.close()
