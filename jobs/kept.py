"""Keeps what the database has answered for a short while, in each process: of many who ask the same at once the first
asks, and only they wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from django.core.cache import cache

T = TypeVar("T")

MISSING = object()

_guard = threading.Lock()
_locks: dict[str, tuple[threading.Lock, int]] = {}  # by name, each with how many have or want it


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
