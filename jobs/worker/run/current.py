"""Tells which body code belongs to: on its slot's thread, in its coroutines, and on the threads that it uses."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, TypeVar

from jobs.targets.context import Context

T = TypeVar("T")


class Body:
    """A start, as its process keeps it. `inside` is true while its body, or its preparation, runs; `sessions` are the
    raw database connections that it has used; `left_open` are the databases on which it left a transaction open."""

    __slots__ = ("context", "execution", "inside", "left_open", "sessions")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.execution = context.execution
        self.inside = False
        self.sessions: set[Any] = set()
        self.left_open: set[str] = set()

    def enter(self, part: Callable[[], T]) -> T:
        """Run a part of the body, or of its preparation. Raises what that raises."""
        self.inside = True
        try:
            return part()
        finally:
            self.inside = False


_current: ContextVar[Body | None] = ContextVar("runat_body", default=None)


def begin(context: Context) -> tuple[Body, Token[Body | None]]:
    """Make a body, which is this thread's from now on, and the token for `end`."""
    body = Body(context)
    return body, _current.set(body)


def end(token: Token[Body | None]) -> None:
    _current.reset(token)


def here() -> Body | None:
    """Return the body that this code runs for; None outside of one, and for what has outlived its body."""
    body = _current.get()
    return body if body is not None and body.inside else None
