"""A new connection: the name looked up once, its addresses tried side by side, TLS. On a thread of its own, since
nothing interrupts a resolver that does not answer."""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache
from itertools import chain, zip_longest

import httpcore2

from jobs.clock import steady
from jobs.targets.http import addresses
from jobs.targets.http.stream import Stream, left, remaining, within

STAGGER = 0.05  # seconds after which the next address is tried beside those that have not answered (RFC 8305)
MOST_AT_ONCE = 256  # openings on their way in one process
WAIT_FOR_DESCRIPTOR = 0.05  # seconds
SHORTAGE = (errno.EMFILE, errno.ENFILE)

_room = threading.BoundedSemaphore(MOST_AT_ONCE)


@cache
def authorities() -> ssl.SSLContext:
    """Whom we trust: read once, since that takes tens of milliseconds. A fork may share it."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


Opened = tuple[Stream, dict[str, float]]  # and since the beginning, the ms after which each phase was done


def begin(origin: httpcore2.Origin, seconds: float, spare: Callable[[], None], *, wait: float = 0.0) -> Future[Opened]:
    """Have a connection opened on a thread of its own, and given up after so many seconds. Whoever does not want it any
    more cancels it: then it is closed when it is there. `spare` is called when there is no file descriptor left. Raises
    a timeout where too many are on their way, and are so many seconds later."""
    promise: Future[Opened] = Future()

    def run() -> None:
        try:
            opened = _patiently(origin, seconds, spare)
        except Exception as error:  # noqa: BLE001 - of whoever waits for it
            if promise.set_running_or_notify_cancel():
                promise.set_exception(error)
        else:
            if promise.set_running_or_notify_cancel():
                promise.set_result(opened)
            else:
                opened[0].close()
        finally:
            _room.release()

    if not _room.acquire(timeout=max(wait, 0.0)):
        raise httpcore2.ConnectTimeout(f"{MOST_AT_ONCE} connections are being opened already")
    threading.Thread(target=run, name="http-opening", daemon=True).start()
    return promise


def _patiently(origin: httpcore2.Origin, seconds: float, spare: Callable[[], None]) -> Opened:
    """Open a connection; without a file descriptor it waits for one. Raises httpcore's errors and OSError."""
    with within(seconds):
        while True:
            try:
                return _open(origin)
            except OSError as error:
                if not _is_shortage(error):
                    raise
                spare()
                if remaining() < WAIT_FOR_DESCRIPTOR:
                    why = "this worker has no file descriptor left: raise its limit (ulimit -n)"
                    raise httpcore2.ConnectTimeout(why) from error
                time.sleep(WAIT_FOR_DESCRIPTOR)


def _is_shortage(error: OSError) -> bool:
    """Return whether this process or machine may open no more files. A resolver has other words for that."""
    if error.errno in SHORTAGE:
        return True
    if not isinstance(error, socket.gaierror | ssl.SSLError):
        return False
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as probed:
        return probed.errno in SHORTAGE
    return False


def _open(origin: httpcore2.Origin) -> Opened:
    begun, host = steady(), origin.host.decode("ascii")
    ms: dict[str, float] = {}
    stream = Stream(connect(addresses.resolve(host, origin.port)))
    ms["connect"] = round((steady() - begun) * 1000, 3)
    if origin.scheme == b"https":
        try:
            trusted = authorities()
        except BaseException:
            stream.close()
            raise
        stream = stream.start_tls(trusted, host)
        ms["tls"] = round((steady() - begun) * 1000, 3)
    return stream, ms


def connect(found: Sequence[addresses.Found]) -> socket.socket:
    """Return a connection to the first of these addresses that answers. Each is tried a moment after the one before, or
    at once when that has failed; none is looked up again. Raises OSError with what the last one said, or a timeout."""
    waiting: dict[int, socket.socket] = {}
    poll, rest, following = select.poll(), deque(_interleaved(found)), steady()
    said = OSError("there is no address")
    try:
        while rest or waiting:
            seconds = left(httpcore2.ConnectTimeout)
            if rest and (not waiting or steady() >= following):
                try:
                    begun, code = _begin(rest.popleft())
                except OSError as error:
                    if not waiting:
                        raise
                    said = error
                    continue
                if code == 0:
                    return _ready(begun)
                if code != errno.EINPROGRESS:
                    begun.close()
                    said = OSError(code, os.strerror(code))
                    continue
                waiting[begun.fileno()] = begun
                poll.register(begun, select.POLLOUT)
                following = steady() + STAGGER
            pause = min(seconds, max(following - steady(), 0.0)) if rest else seconds
            for number, _ in poll.poll(pause * 1000):
                one = waiting.pop(number)
                poll.unregister(number)
                code = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return _ready(one)
                one.close()
                said, following = OSError(code, os.strerror(code)), steady()
        raise said
    finally:
        for one in waiting.values():
            one.close()


def _begin(entry: addresses.Found) -> tuple[socket.socket, int]:
    family, kind, protocol, _, where = entry
    begun = socket.socket(family, kind, protocol)
    try:
        begun.setblocking(False)
        return begun, begun.connect_ex(where)
    except BaseException:
        begun.close()
        raise


def _ready(connected: socket.socket) -> socket.socket:
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _interleaved(found: Sequence[addresses.Found]) -> list[addresses.Found]:
    """Families take turns, the resolver's first one first: one that leads nowhere costs one moment, however many
    addresses of it there are."""
    first = [entry for entry in found if entry[0] == found[0][0]]
    others = [entry for entry in found if entry[0] != found[0][0]]
    return [entry for entry in chain.from_iterable(zip_longest(first, others)) if entry is not None]
