"""What a target returned, as PostgreSQL can keep it."""

import json
from datetime import date

import pytest
from django.db import connection

from jobs.worker.run import results


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (0, 0),
        (False, False),
        ("", ""),
        ({"a": [1, 2.5, None, True]}, {"a": [1, 2.5, None, True]}),
        ((1, 2), [1, 2]),
        ({1: float("nan")}, {"1": "nan"}),
        (date(2030, 1, 2), "2030-01-02"),
        ("a\x00b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud800", "\\ud800"),
        ("\\u0000", "\\u0000"),
        ({"\x00": "k"}, {"\N{REPLACEMENT CHARACTER}": "k"}),
    ],
)
@pytest.mark.django_db
def test_it_is_kept_as_json(result, kept):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::jsonb", [results.as_json(result, str)])
        (found,) = cursor.fetchone()
    assert json.loads(found) == kept


def test_nothing_is_nothing():
    assert results.as_json(None, str) is None


def test_a_long_one_is_cut():
    cut = json.loads(results.as_json("x" * 100_000, str))
    assert cut["characters"] == 100_002
    assert len(cut["cut"]) == results.LIMIT


def test_one_that_has_no_bottom_is_not_kept():
    bottomless = []
    bottomless.append(bottomless)
    assert json.loads(results.as_json(bottomless, str)) == {"unreadable": "nested too deeply"}
