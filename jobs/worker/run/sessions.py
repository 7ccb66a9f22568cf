"""A body's database connections, whatever thread they are on: its own, healthy before it and clean after it.

A thread that is kept, a slot's or the one beside it, keeps its connection, and what a session may remember is
discarded after a body that has used it. Connections on other threads are closed when their body ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary, ref

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import Cursor, ServerCursor
from psycopg.pq import TransactionStatus

from jobs.database import alias
from jobs.events import emit
from jobs.events.worker.run import (
    ConnectionKept,
    ConnectionNotCleaned,
    ConnectionNotClosed,
    ConnectionNotSevered,
    StatementNotCancelled,
)
from jobs.worker.run.current import Body, here

CANCEL_WITHIN = 2.0  # seconds for the server to cancel a statement, and for its thread to notice
OPEN = (TransactionStatus.ACTIVE, TransactionStatus.INTRANS, TransactionStatus.INERROR)

Before = dict[str, tuple[int, bool]]  # by alias: how many atomic blocks deep, and whether autocommit was on
UNTOUCHED = 0, True

# By raw connection of PostgreSQL: Django's wrapper, and how its transactions begin.
_opened: WeakKeyDictionary[Any, tuple[Callable[[], BaseDatabaseWrapper | None], object]] = WeakKeyDictionary()


class _Own(threading.local):
    """The connections that this thread has opened: to ask Django for all of them costs a body that needs none more than
    the body does."""

    def __init__(self) -> None:
        self.wrappers = list(connections.all(initialized_only=True))


_own = _Own()


def _opening(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    ours = connections.all(initialized_only=True)  # without what somebody makes beside Django's
    if connection in ours and connection not in _own.wrappers:
        _own.wrappers.append(connection)


connection_created.connect(_opening)


def _open() -> list[BaseDatabaseWrapper]:
    """Return those of this thread that are open; the others are forgotten until they are opened again."""
    if _own.wrappers:
        _own.wrappers = [wrapper for wrapper in _own.wrappers if wrapper.connection is not None]
    return _own.wrappers


def install() -> None:
    """Have connections note from now on which bodies have used them."""
    connection_created.connect(_note)


def _note(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.vendor != "postgresql":
        return
    raw = connection.connection
    raw.cursor_factory = _noting(raw.cursor_factory)
    raw.server_cursor_factory = _noting(raw.server_cursor_factory)
    _opened[raw] = ref(connection), _manner(raw)
    body = here()
    if body is not None:
        body.sessions.add(raw)


@cache
def _noting(factory: type[Cursor[Any] | ServerCursor[Any]]) -> Any:
    """Return a subclass of these cursors; each notes for which body it is made."""

    class Noting(factory):  # type: ignore[valid-type, misc]
        def __init__(self, connection: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(connection, *args, **kwargs)
            body = here()
            if body is not None:
                body.sessions.add(connection)

    return Noting


def _manner(raw: Any) -> object:
    return raw.isolation_level, raw.read_only, raw.deferrable


def before() -> Before:
    """Return how this thread's connections are before a body, by alias: a connection that is not open is left out."""
    return {wrapper.alias: _depth(wrapper) for wrapper in _open()}


def freshen() -> None:
    """Make this thread's connections sound before a body's first use of them: what has broken, or was taken back from
    outside, is replaced; what is kept is tried before its first statement."""
    for wrapper in _open():
        if getattr(wrapper.connection, "closed", False):
            throw_away(wrapper)
        else:
            wrapper.close_if_unusable_or_obsolete()


def take_back(body: Body, before: Before | None = None) -> None:
    """Clean this thread's connections after a body, and note where it left a transaction open. Never raises."""
    for wrapper in _open():
        try:
            _clean(wrapper, body, (before or {}).get(wrapper.alias, UNTOUCHED))
        except Exception as error:  # noqa: BLE001 - whatever a body has done to it
            emit(ConnectionNotCleaned(wrapper.alias, error))
            throw_away(wrapper)


def _clean(wrapper: BaseDatabaseWrapper, body: Body, was: tuple[int, bool]) -> None:
    raw = wrapper.connection
    changed = _depth(wrapper) != was
    used = wrapper.vendor == "postgresql" and raw in body.sessions
    if used:
        body.sessions.discard(raw)
    if was != UNTOUCHED:  # a caller has a transaction of its own around the body: a test
        if changed:
            body.left_open.add(wrapper.alias)
            wrapper.close()
        return
    if wrapper.vendor != "postgresql":  # without a way to tell what its session remembers
        if changed:
            body.left_open.add(wrapper.alias)
        throw_away(wrapper)
        return
    status = raw.info.transaction_status
    if status in OPEN or wrapper.in_atomic_block:
        body.left_open.add(wrapper.alias)
    healthy = status == TransactionStatus.IDLE and not changed
    if healthy and not used:
        return
    if healthy and raw in _opened and _opened[raw][1] == _manner(raw):
        raw.execute("DISCARD ALL")
        wrapper.init_connection_state()  # what Django sets itself
    else:
        throw_away(wrapper)


def _depth(wrapper: BaseDatabaseWrapper) -> tuple[int, bool]:
    return len(wrapper.atomic_blocks), wrapper.autocommit


def throw_away(wrapper: BaseDatabaseWrapper) -> None:
    """Throw a connection away, so that this thread's next use of that database begins with one that nobody has used.
    Never raises."""
    try:
        wrapper.in_atomic_block = False  # else it would be kept as the broken one of that block
        wrapper.close()
    except Exception as error:  # noqa: BLE001 - it is being thrown away
        emit(ConnectionNotClosed(wrapper.alias, error))
    finally:
        if wrapper in connections.all(initialized_only=True):
            del connections[wrapper.alias]


def any_open() -> bool:
    """Return whether this thread has an open connection."""
    return bool(_open())


def hand_over() -> BaseDatabaseWrapper | None:
    """Return this thread's connection to our database, for another thread's `take_over`, or None if it has no
    sound one; close all others. Never raises."""
    kept = next((one for one in _open() if one.alias == alias() and not one.in_atomic_block), None)
    if kept is not None:
        if not kept.allow_thread_sharing:
            kept.inc_thread_sharing()
        _own.wrappers.remove(kept)
        del connections[kept.alias]
    close_all(None)
    return kept


def take_over(wrapper: BaseDatabaseWrapper) -> None:
    """Have this thread, which has no connection, use one that another has handed over."""
    connections[wrapper.alias] = wrapper
    _own.wrappers.append(wrapper)


def close_all(body: Body | None) -> None:
    """Close this thread's connections, since it ends or has done with the body. Never raises."""
    for wrapper in _open():
        if body is not None and _is_open(wrapper):
            body.left_open.add(wrapper.alias)
        throw_away(wrapper)


def _is_open(wrapper: BaseDatabaseWrapper) -> bool:
    if wrapper.in_atomic_block:
        return True
    return wrapper.vendor == "postgresql" and wrapper.connection.info.transaction_status in OPEN


def cancel(body: Body) -> None:
    """Have the server cancel what the body still asks it on other threads."""
    for raw in list(body.sessions):
        if raw.info.transaction_status == TransactionStatus.ACTIVE:
            try:
                raw.cancel_safe(timeout=CANCEL_WITHIN)
            except Exception as error:  # noqa: BLE001 - then its connection is closed by its thread
                emit(StatementNotCancelled(error))


def sever(body: Body) -> None:
    """Close the connections of the body on threads that have not taken theirs back. Never raises."""
    for raw in list(body.sessions):
        if not raw.closed and raw in _opened:
            try:
                _sever(raw, _opened[raw][0](), body)
            except Exception as error:  # noqa: BLE001 - as above
                emit(ConnectionNotSevered(error))


def _sever(raw: Any, wrapper: BaseDatabaseWrapper | None, body: Body) -> None:
    """Close a connection of another thread under its lock: while its thread waits for the server it is not safe to
    close."""
    if raw.info.transaction_status in OPEN:
        body.left_open.add(alias() if wrapper is None else wrapper.alias)
    taken = raw.lock.acquire(blocking=False)
    if not taken:
        cancel(body)
        taken = raw.lock.acquire(timeout=CANCEL_WITHIN)
    if not taken:
        emit(ConnectionKept())
        return
    try:
        raw.close()
    finally:
        raw.lock.release()
    if wrapper is not None and not wrapper.in_atomic_block:
        wrapper.connection = None  # the next use opens another; in a block it stays broken until the block is left
