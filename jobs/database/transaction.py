"""Transactions in our database: Django's, by the names that they have there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from jobs.database import alias


def atomic(*, using: str | None = None, savepoint: bool = True, durable: bool = False) -> transaction.Atomic:
    """Return a transaction, for `with` or as a decorator; within one that is open a savepoint, unless told not to.
    `using`: the alias of another, where accounts are."""
    return transaction.atomic(using=using or alias(), savepoint=savepoint, durable=durable)


def on_commit(function: Callable[[], Any], *, robust: bool = False) -> None:
    """Call a function once the transaction of this thread is committed; without one at once. Of a `robust` one an
    error is logged, and the others are called all the same."""
    transaction.on_commit(function, using=alias(), robust=robust)


def set_rollback(rollback: bool) -> None:
    """Have the transaction of this thread taken back at its end, or no longer."""
    transaction.set_rollback(rollback, using=alias())


def savepoint() -> str:
    """Begin a savepoint in the transaction of this thread, and return its name."""
    return transaction.savepoint(using=alias())


def savepoint_rollback(name: str) -> None:
    """Take back what was done since that savepoint."""
    transaction.savepoint_rollback(name, using=alias())


def savepoint_commit(name: str) -> None:
    """Keep what was done since that savepoint, as far as the transaction is committed."""
    transaction.savepoint_commit(name, using=alias())
