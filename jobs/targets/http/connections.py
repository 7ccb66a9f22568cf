"""The connections of a process, kept alive between jobs. Each leads to the very address that was checked, and no read
or write on it outlasts its request."""

from __future__ import annotations

import os
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore2

from jobs.clock import steady
from jobs.targets.http import addresses

KEEP_ALIVE = 60.0  # seconds for which a connection that nobody uses stays open

_mine = threading.local()  # until when this thread's request may take, on the steady clock
_of_process: dict[int, Lines] = {}  # connections must not be shared by a fork
_making = threading.Lock()


@cache
def authorities() -> ssl.SSLContext:
    """Whom we trust: read once, since that takes tens of milliseconds. A fork may share it."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All that this thread does on connections inside must be done in this time; else it raises a timeout."""
    _mine.until = steady() + seconds
    try:
        yield
    finally:
        del _mine.until


@dataclass
class Line:
    """An open connection. `ms`: since its opening began, when each phase of that was done; empty for one that was kept
    from an earlier request."""

    connection: httpcore2.HTTP11Connection
    ms: dict[str, float]

    def stands(self) -> bool:
        """False when the other side has closed it, or nobody has used it for long."""
        return not self.connection.has_expired()

    def close(self) -> None:
        self.connection.close()


class Lines:
    """Connections of their own to each origin, one request at a time on each: at its instant a job needs to ask nobody
    for one (httpcore's pool looks at all of them for each request, which took 40 jobs of one instant 0.4 ms each)."""

    def __init__(self) -> None:
        self._idle: defaultdict[str, list[Line]] = defaultdict(list)
        self._lock = threading.Lock()
        self._looked_at = steady()
        self._backend = _CheckedBackend()

    def take(self, origin: httpcore2.Origin) -> Line:
        """The one that was used last, if it still stands, or a new one. Raises what connecting raises."""
        while (line := self._pop(str(origin))) is not None:
            if line.stands():
                return Line(line.connection, {})
            line.close()
        return self._open(origin)

    def put(self, origin: httpcore2.Origin, line: Line) -> None:
        """For the next request, if it is in a state for one."""
        if not line.connection.is_idle():
            line.close()
            return
        with self._lock:
            self._idle[str(origin)].append(line)
        if steady() - self._looked_at > KEEP_ALIVE / 2:
            self._close_old()

    def close(self) -> None:
        """Those that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, defaultdict(list)
        for lines in idle.values():
            for line in lines:
                line.close()

    def _pop(self, origin: str) -> Line | None:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def _open(self, origin: httpcore2.Origin) -> Line:
        begun, ms, host = steady(), {}, origin.host.decode("ascii")
        stream = self._backend.connect_tcp(host, origin.port)
        ms["connect"] = round((steady() - begun) * 1000, 3)
        if origin.scheme == b"https":
            stream = stream.start_tls(authorities(), host)
            ms["tls"] = round((steady() - begun) * 1000, 3)
        return Line(httpcore2.HTTP11Connection(origin, stream, KEEP_ALIVE), ms)

    def _close_old(self) -> None:
        self._looked_at = steady()
        with self._lock:
            old = [line for lines in self._idle.values() for line in lines if not line.stands()]
            gone = {id(line) for line in old}
            kept = {origin: [one for one in lines if id(one) not in gone] for origin, lines in self._idle.items()}
            self._idle = defaultdict(list, {origin: lines for origin, lines in kept.items() if lines})
        for line in old:
            line.close()


def of_process() -> Lines:
    """This process's."""
    with _making:
        mine = _of_process.get(os.getpid())
        if mine is None:
            _of_process.clear()
            mine = _of_process[os.getpid()] = Lines()
        return mine


def _left(timeout: float | None, late: type[Exception]) -> float:
    left: float = _mine.until - steady()
    if left <= 0:
        raise late("the time for this request is over")
    return left if timeout is None else min(left, timeout)


class _CheckedBackend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        *others, last = addresses.resolve(host, port)
        for address in others:
            with suppress(httpcore2.ConnectError):  # no way to it from here, as to IPv6 from many places
                return self._connect(address, port, timeout, local_address, socket_options)
        return self._connect(last, port, timeout, local_address, socket_options)

    def _connect(self, address: str, port: int, timeout: float | None, *more: Any) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(super().connect_tcp(address, port, left, *more))


class _TimedStream(httpcore2.NetworkStream):
    """Each byte of a slow peer is in time; all of them together must be too."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
