"""A socket as httpcore wants it. No read or write on it outlasts the request of its thread, and it knows what the other
side can have received."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2

from jobs.clock import steady

HEAD = 65_536  # bytes of an answer that are kept until its head has been read
ACKNOWLEDGED = 120  # where struct tcp_info of Linux has tcpi_bytes_acked, 8 bytes

_mine = threading.local()  # until when this thread's request may take, on the steady clock


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit all that this thread does on connections inside to so many seconds; then a timeout is raised."""
    _mine.until = steady() + seconds
    try:
        yield
    finally:
        del _mine.until


def remaining() -> float:
    """Seconds that this thread's request may still take; below 0 when they are over."""
    seconds: float = _mine.until - steady()
    return seconds


def left(late: type[Exception]) -> float:
    """Return the seconds that are left of `within`. Raises `late` when there are none."""
    seconds = remaining()
    if seconds <= 0:
        raise late("the time for this request is over")
    return seconds


class Stream(httpcore2.NetworkStream):
    """Stream whose bytes are in time all together, too: each byte of a slow peer alone is."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._acknowledged, self._failed = 0, False
        self._at_end: int | None = None  # bytes that the other side's end of the connection has acknowledged
        self.written = 0  # bytes of this request
        self.head = b""  # what has been read of the answer, up to the end of its head

    def begin(self) -> None:
        """Begin another request: its bytes are counted from 0."""
        self.written, self._acknowledged, self.head = 0, self._bytes_acknowledged(), b""

    def nothing_arrived(self) -> bool:
        """Return whether the other side has certainly not received a byte of the request: none was written, or its end
        of the connection, which acknowledges all that it had received by then, acknowledges none of it. After that
        end no server takes another request (RFC 9112, 9.6). Any other failure, such as a reset, proves nothing.
        """
        if not self.written:
            return True
        return not self._failed and not self.head and 0 < self._acknowledged == self._at_end

    def _bytes_acknowledged(self) -> int:
        """Return how many bytes of all ever written are acknowledged; 0 where the system does not say."""
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ACKNOWLEDGED + 8)
        except (AttributeError, OSError):
            return 0
        return int(struct.unpack_from("=Q", info, ACKNOWLEDGED)[0]) if len(info) >= ACKNOWLEDGED + 8 else 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._noticed(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._socket.settimeout(left(httpcore2.ReadTimeout))
            got = self._socket.recv(max_bytes)
        if not got:
            self._at_end = self._bytes_acknowledged()
        self.head += got[: max(HEAD - len(self.head), 0)]
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        with self._noticed(httpcore2.WriteTimeout, httpcore2.WriteError):
            while rest:
                self._socket.settimeout(left(httpcore2.WriteTimeout))
                sent = self._socket.send(rest)
                self.written += sent
                rest = rest[sent:]

    @contextmanager
    def _noticed(self, late: type[Exception], broken: type[Exception]) -> Iterator[None]:
        """Failures in httpcore's words. A broken pipe comes after the other side's end, and is none of its own."""
        try:
            yield
        except (TimeoutError, late):
            self._failed = True
            raise late("the time for this request is over") from None
        except OSError as error:
            self._failed = self._failed or not isinstance(error, BrokenPipeError)
            raise broken(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        self._socket.settimeout(left(httpcore2.ConnectTimeout))
        try:
            return Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname))
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise httpcore2.ConnectTimeout("the time for this request is over") from None
            raise

    def get_extra_info(self, info: str) -> Any:
        return self.is_readable() if info == "is_readable" else None

    def is_readable(self) -> bool:
        """Return whether there is something to read, the other side's end of the connection too."""
        poll = select.poll()
        try:
            poll.register(self._socket, select.POLLIN)
        except (OSError, ValueError):  # closed
            return True
        return bool(poll.poll(0))

    def has_ended(self) -> bool:
        """Return whether the other side has closed it. What TLS may send by itself after a handshake is no end."""
        if not self.is_readable():
            return False
        try:
            raw = socket.socket.recv(self._socket, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            return True
        return raw == b""
