"""The database's answer, however long it is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

from django.db import DatabaseError, InterfaceError

from jobs.database import connection
from jobs.events import emit
from jobs.events.worker.record import DatabaseFailed

T = TypeVar("T")

PAUSES = (0.0, 0.1, 0.5, 1.0)  # seconds before each try
LONGEST_PAUSE = 2.0  # seconds before each try after those: jobs must not wait longer when the database is back


def retry_until_answered(query: Callable[[], T], reraise: tuple[type[Exception], ...] = ()) -> T:
    """Ask the database until it answers, as long as this process lives. Raises what `reraise` names, and what comes
    when the connection of a transaction around this is closed: in there nothing will ever answer."""
    for pause in chain(PAUSES, repeat(LONGEST_PAUSE)):
        time.sleep(pause)
        try:
            return query()
        except reraise:
            raise
        except (DatabaseError, InterfaceError) as error:
            if connection.in_atomic_block and getattr(connection.connection, "closed", True):
                raise
            emit(DatabaseFailed(error))
    raise AssertionError("it repeats for ever")
