"""The list of jobs by what no index leads to: it looks at the newest, and says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.models.querysets import overviews
from jobs.states import State
from tests.admin.test_list import LIST, shown
from tests.monitor.rows import SECOND, ended, pending

pytestmark = pytest.mark.django_db
SAYS = "These are among the newest"


@pytest.fixture
def rows(at, monkeypatch):
    """Two that are rare, the older of them beyond the newest ten."""
    monkeypatch.setattr(overviews, "LOOK", 10)
    old = ended(at - timedelta(days=9), State.FAILED, queue="rare", name="odd", labels={"team": "a"})
    for n in range(10):
        ended(at + n * SECOND)
    new = ended(at, State.FAILED, queue="rare", name="odd")
    return old.pk, new.pk


@pytest.mark.parametrize("query", ["?queue=rare", "?state=3", "?q=odd", "?q=odd&state=3"])
def test_it_looks_at_the_newest_and_says_so(admin, rows, query):
    assert shown(admin, query) == [rows[1]]
    assert SAYS in admin.get(LIST + query).content.decode()


def test_so_it_does_where_much_is_found_among_them(admin, rows, monkeypatch):
    monkeypatch.setattr(overviews, "COUNT_LIMIT", 0)
    assert shown(admin, "?queue=rare") == [rows[1]]
    assert SAYS in admin.get(LIST + "?queue=rare").content.decode()


def test_an_index_leads_to_any(admin, rows, at):
    old, new = rows
    day = (at - timedelta(days=9)).date().isoformat()
    for query, found in (
        (f"?q={old}", [old]),
        (f"?day={day}&q=odd", [old]),
        ("?label=team:a&state=3", [old]),
        ("?q=team:a odd", [old]),
        ("?state=0&queue=rare", []),
        ("?held=any", []),
    ):
        assert shown(admin, query) == found, query
        assert SAYS not in admin.get(LIST + query).content.decode(), query
    assert {old, new} < set(shown(admin))


def test_a_small_table_is_looked_through_and_nothing_is_said(admin, at):
    job = pending(at, queue="rare")
    assert shown(admin, "?queue=rare") == [job.pk]
    assert SAYS not in admin.get(LIST + "?queue=rare").content.decode()
