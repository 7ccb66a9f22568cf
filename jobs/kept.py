"""Keeps what the database has answered for a short while, in each process: of many who ask the same at once the first
asks, and only they wait for it; or nobody does, while what was answered before may still be shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar, cast
from uuid import uuid4

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, close_old_connections

from jobs.clock import steady

T = TypeVar("T")

MISSING = object()

RENEWERS = 2  # threads, each with a database connection

_guard = threading.Lock()
_locks: dict[str, tuple[threading.Lock, int]] = {}  # by name, each with how many have or want it
_renewers: Executor | None = None
_renewals: set[str] = set()  # names of what is under way


class _Dated(NamedTuple):
    """Value that was taken: when, on the steady clock, and by which take."""

    value: Any
    at: float
    take: str


def kept(name: str, seconds: float, take: Callable[[], T]) -> T:
    """Return what is kept by this name, None too; else take it, and keep it for so long. Raises what `take` raises."""
    found = cache.get(name, MISSING)
    if found is MISSING:
        with alone(name):
            found = cache.get(name, MISSING)
            if found is MISSING:
                found = take()
                cache.set(name, found, seconds)
    return cast("T", found)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Let one thread at a time go on by this name; by others others do. No lock is kept that nobody wants."""
    with _guard:
        lock, number = _locks.get(name, (threading.Lock(), 0))
        _locks[name] = lock, number + 1
    try:
        with lock:
            yield
    finally:
        with _guard:
            lock, number = _locks.pop(name)
            if number > 1:
                _locks[name] = lock, number - 1


def renew_beside() -> None:
    """Have what is `renewed` taken beside those who ask, from now on. For processes that only serve requests."""
    global _renewers  # noqa: PLW0603 - one for the process
    _renewers = _renewers or ThreadPoolExecutor(RENEWERS, thread_name_prefix="renewing")


def renewed(name: str, take: Callable[[], T], *, fresh: float, shown: float, wait: float) -> T:
    """Return what was taken by this name at most `fresh` seconds ago. What is older is taken again, beside those who
    ask: the first waits for that, no longer than `wait` seconds, the others do not; they see what was taken before,
    unless that was `shown` seconds ago or more. Raises what `take` raises, where there is nothing else to be seen."""
    renewers = _renewers
    found: _Dated | None = cache.get(name)
    if found is None or steady() - found.at >= (fresh if renewers is None else shown):
        with alone(name):
            found = cache.get(name)
            if found is None or steady() - found.at >= fresh:
                found = _Dated(take(), steady(), uuid4().hex)
                cache.set(name, found, shown)
    elif renewers is not None and steady() - found.at >= fresh:
        begun = _begin(renewers, name, lambda: _renew(name, found, take, shown))
        # Who comes when it is too old to be shown will hear of that.
        with suppress(TimeoutError, DatabaseError, InterfaceError):
            return begun.result(wait) if begun is not None else cast("T", found.value)
    return cast("T", found.value)


def _begin(renewers: Executor, name: str, renew: Callable[[], T]) -> Future[T] | None:
    """Begin to renew it; None: that is under way already."""
    with _guard:
        if name in _renewals:
            return None
        _renewals.add(name)
    return renewers.submit(renew)


def _renew(name: str, before: _Dated, take: Callable[[], T], shown: float) -> T:
    close_old_connections()
    try:
        value = take()
        now: _Dated | None = cache.get(name)
        if now is not None and now.take == before.take:  # else somebody has wanted it forgotten meanwhile
            cache.set(name, _Dated(value, steady(), uuid4().hex), shown)
        return value
    finally:
        close_old_connections()
        with _guard:
            _renewals.remove(name)
