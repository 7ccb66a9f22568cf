"""Samples of what an index of labels leads to, where that is very much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.database import connection, transaction

ABOUT = 20_000  # rows; PostgreSQL's documentation says what this setting does
SET = """
SELECT set_config('gin_fuzzy_search_limit', %s, true), set_config('enable_seqscan', %s, true),
    set_config('enable_indexscan', %s, true)
"""


@contextmanager
def some_of_many() -> Iterator[None]:
    """Have what is asked within go by the index of labels alone, which leaves out rows where it has many more than
    ABOUT. It is read whole, however few are wanted, half a second for a million; and without it the server may look
    for the first in all that is older than the label. What is not many is whole."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SET, [str(ABOUT), "off", "off"])
        yield
        cursor.execute(SET, ["0", "on", "on"])  # for the statements after it of an outer transaction
