"""One pool of connections a process, kept alive between jobs. Each leads to the very address that was checked, and no
read or write on it outlasts its request."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore2

from jobs.clock import steady
from jobs.targets.http import addresses

MOST = 1000  # connections; slots are fewer
KEEP_ALIVE = 60.0  # seconds for which a connection that nobody uses stays open

_mine = threading.local()  # until when this thread's request may take, on the steady clock
_pools: dict[int, httpcore2.ConnectionPool] = {}  # by process: connections must not be shared by a fork
_making = threading.Lock()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All that this thread does on connections inside must be done in this time; else it raises a timeout."""
    _mine.until = steady() + seconds
    try:
        yield
    finally:
        del _mine.until


def pool() -> httpcore2.ConnectionPool:
    """This process's."""
    with _making:
        mine = _pools.get(os.getpid())
        if mine is None:
            _pools.clear()
            mine = _pools[os.getpid()] = httpcore2.ConnectionPool(
                ssl_context=ssl.create_default_context(),
                max_connections=MOST,
                max_keepalive_connections=MOST,
                keepalive_expiry=KEEP_ALIVE,
                network_backend=_CheckedBackend(),
            )
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
