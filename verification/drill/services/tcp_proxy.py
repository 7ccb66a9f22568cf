"""A door before a server: shut, our processes find nobody; and it can swallow what passes, or let it pass slowly.
Nobody else who uses the server notices."""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from launcher.home import free_port

CHUNK = 65536
ANSWER_WITHIN_S = 10.0
NO_DELAY = (0.0, 0.0)


class Mode(StrEnum):
    """State of a proxy."""

    OPEN = "open"  # everything passes
    SHUT = "shut"  # all connections are cut, new ones refused
    HOLE = "hole"  # connections are taken and nothing passes, as with a server that hangs; it passes afterwards
    SLOW = "slow"  # each chunk is delayed, as is said


@dataclass(frozen=True)
class Delays:
    """The shortest and the longest delay of a chunk in seconds: on its `way` there, and of the `answer`."""

    way: tuple[float, float] = NO_DELAY
    answer: tuple[float, float] = NO_DELAY


class TcpProxy:
    """Listens on a port of 127.0.0.1 and passes on to `far` (host and port) what its mode lets pass."""

    def __init__(self, host: str, port: int) -> None:
        self.port = free_port()
        self.far = (host, port)
        self.mode = Mode.SHUT
        self._delays = Delays()
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()  # not in a hole
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True).start()
        self.turn(Mode.OPEN)

    def turn(self, mode: Mode, delays: Delays = Delays()) -> None:
        """Stand in this mode from now on, also for the connections that there are. `delays`: while it is slow."""
        asyncio.run_coroutine_threadsafe(self._turn(mode, delays), self._loop).result(ANSWER_WITHIN_S)

    async def _turn(self, mode: Mode, delays: Delays) -> None:
        self.mode, self._delays = mode, delays
        if mode == Mode.HOLE:
            self._open.clear()
        else:
            self._open.set()
        if mode == Mode.SHUT:
            self._shut()
        elif self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port, reuse_address=True)

    def _shut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._open.wait()
            if self.mode == Mode.SHUT or writer.is_closing():
                raise ConnectionRefusedError
            far_reader, far_writer = await asyncio.open_connection(*self.far)
        except OSError:
            self._leave(writer)
            return
        self._writers.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer, answer=False), self._pump(far_reader, writer, answer=True))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answer: bool) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self.mode == Mode.SLOW:
                    await asyncio.sleep(random.uniform(*(self._delays.answer if answer else self._delays.way)))
                await self._open.wait()
                if writer.is_closing():
                    break
                writer.write(chunk)
                await writer.drain()
        self._leave(writer)

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        with suppress(RuntimeError):
            writer.close()
