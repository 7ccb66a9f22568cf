"""Names limits, and tries for their locks, which are never waited for."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from jobs.database import connection
from jobs.models import Kind
from jobs.states import Hold

HOLDS = {Kind.KEY: Hold.KEY, Kind.QUEUE: Hold.QUEUE}
LOCKS = 0x52754C41  # the first half of our advisory locks of limits; the leader's is of the other kind
TRY = """
SELECT kind, name FROM unnest(%s::text[], %s::text[]) AS wanted (kind, name)
WHERE pg_try_advisory_xact_lock(%s, hashtext(kind || ':' || name))
"""


class Name(NamedTuple):
    """The name of a limit: of the queue or the key that it is for."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


def of(*, queue: str, key: str | None) -> list[Name]:
    """Return the limits that a job may share, whether they have rules or not: its key's first."""
    return ([Name(Kind.KEY, key)] if key is not None else []) + [Name(Kind.QUEUE, queue)]


def named(pairs: Collection[tuple[str, str]]) -> set[Name]:
    """Return the names of these (kind, name)."""
    return {Name(Kind(kind), name) for kind, name in pairs}


def try_for(names: Collection[Name]) -> set[Name]:
    """Lock limits until this transaction ends, and return those that are ours: about the others somebody else decides.
    Never waits."""
    if not names:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(TRY, [[name.kind for name in names], [name.name for name in names], LOCKS])
        return named(cursor.fetchall())
