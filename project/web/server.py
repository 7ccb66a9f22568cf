"""uvicorn, with what it has no setting for: how long the headers of a request and the reader of an answer may take, and
that no answer waits for a caller's acknowledgement."""

from __future__ import annotations

import asyncio
import resource
import socket

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from jobs.conf import conf
from project.web.door import Door

HEADERS_S = 10.0  # from the connection, or the first byte of a further request, to the end of its headers
HEADERS_BYTES = 32 * 1024
READER_S = 30.0  # a caller that takes nothing of its answer for so long is cut off
KEEP_ALIVE_S = 5  # an idle connection is kept for so long
STOP_S = 10  # requests that have begun may end
CONNECTIONS = 2000  # who comes then gets a 503
FILES = CONNECTIONS + 200


class TimedProtocol(H11Protocol):
    """Connection with time limits for the headers of a request and for the reading of an answer."""

    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        accepted = transport.get_extra_info("socket")
        if accepted.family in (socket.AF_INET, socket.AF_INET6):
            # asyncio does so only for sockets that were made with the protocol's number, and `create_server` gives
            # none. Without it an answer's body waits until the caller acknowledges its head: 40 ms.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._late, self._unread):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(READER_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def _watch(self) -> None:
        """The time runs while no request is whole."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering and self._late is not None:
            self._late.cancel()
            self._late = None
        elif not is_answering and self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(HEADERS_S, self._give_up)

    def _give_up(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE:
            text = f"The headers had not come whole after {HEADERS_S:g} s.\n".encode()
            headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text))), ("Connection", "close")]
            for event in (h11.Response(status_code=408, headers=headers), h11.Data(data=text), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class Server(uvicorn.Server):
    """Web server process. SIGTERM: nothing new is taken, who waits is answered, what has begun ends within STOP_S."""

    def __init__(self, door: Door, *, keep_alive: int = KEEP_ALIVE_S) -> None:
        self._door = door
        super().__init__(
            uvicorn.Config(
                door,
                http=TimedProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=CONNECTIONS,
                timeout_keep_alive=keep_alive,
                timeout_graceful_shutdown=STOP_S,
                h11_max_incomplete_event_size=HEADERS_BYTES,
                forwarded_allow_ips=list(conf().proxies),  # else it believes every process of this host
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._door.stop()
        await super().shutdown(sockets)
        self._door.close()


def allow_open_files() -> None:
    """Raise the limit of open files to as many as connections may come, where the system permits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
