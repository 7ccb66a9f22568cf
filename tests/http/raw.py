"""Servers that do with a connection whatever a test wants, and a network that leads nowhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress


def request_of(connection: socket.socket) -> bytes:
    """What was sent up to the end of its head; empty when the other side has closed."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(65536)
        if not part:
            return b""
        got += part
    return got


@contextmanager
def listening(handle: Callable[[socket.socket], None], host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A server that hands each connection to `handle`, on a thread of its own; its port."""
    server = socket.create_server((host, port))
    open_: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            handle(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_.append(connection)
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        for connection in open_:
            connection.close()


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    """Answer a request with these bytes, and close."""

    def handle(connection: socket.socket) -> None:
        if request_of(connection):
            for part in answers:
                connection.sendall(part)

    return handle


@contextmanager
def black_hole(host: str, port: int = 0) -> Iterator[int]:
    """An address that answers nothing: its queue is full, so that the system drops what asks for a connection."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(server.getsockname())
        yield server.getsockname()[1]
