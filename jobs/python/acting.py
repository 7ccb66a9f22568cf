"""Person or program for whom code acts: creator of the jobs, and named in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

_acting: ContextVar[AbstractBaseUser | None] = ContextVar("acting_as", default=None)


@contextmanager
def acting_as(user: AbstractBaseUser | None) -> Iterator[None]:
    """Have this user be who asks, in the calls of `jobs` inside this block that name nobody by `by`; None: a
    program. A middleware that wraps each request in it names whoever has sent it."""
    token = _acting.set(user)
    try:
        yield
    finally:
        _acting.reset(token)


def asking(by: AbstractBaseUser | None) -> AbstractBaseUser | None:
    """Return who asks: `by`, or whom the code acts as; None for a program."""
    return _acting.get() if by is None else by
