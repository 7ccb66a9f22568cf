"""What a statement of ours is given and answers, as psycopg would have it, only sooner."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from jobs.states import State
from jobs.transitions import Ended, Started
from jobs.transitions.finishing import _values
from jobs.transitions.statements import array, rows_of
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)
FAR = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", []),
        ("bigint", [1, 2**63 - 1, -5]),
        ("int", [State.COMPLETED, State.FAILED]),
        ("uuid", [ONE, TWO]),
        ("timestamptz", [NOW, None, FAR, datetime(1, 1, 2, tzinfo=UTC)]),
        ("timestamptz", [datetime(2026, 11, 28, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))]),
    ],
)
def test_an_array_says_what_the_list_says(kind, values):
    [(ours, theirs)] = rows_of(
        f"SELECT %(text)s::{kind}[], %(list)s::{kind}[]", {"text": array(values), "list": values}
    )
    assert ours == theirs == values


def test_a_moment_is_read_as_django_reads_it():
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [NOW])
        [(by_django,)] = cursor.fetchall()
    [(moment,)] = rows_of("SELECT %(at)s::timestamptz", {"at": NOW})
    assert (moment, moment.utcoffset(), moment.isoformat()) == (by_django, timedelta(0), by_django.isoformat())


def test_what_no_end_says_is_no_array():
    def end(**more):
        return Ended(Started(7, 1, "demo.noop", {}, NOW, NOW, None), State.COMPLETED, NOW, NOW, **more)

    named = ("errors", "results", "logs", "shares", "notes", "stories")
    assert [_values([end(), end()])[name] for name in named] == [None] * 6
    assert _values([end(), end(result="1")])["results"] == [None, "1"]
    assert _values([end(error="no"), end()])["errors"] == ["no", None]
    assert _values([end(progress=0.0), end()])["shares"] == [0.0, None], "zero is said"
