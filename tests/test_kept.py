"""What the database has answered is kept for a while: who asks the same at once waits for one, others do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import DatabaseError

from jobs import kept as keeping
from jobs.kept import alone, kept, renewed

PATIENCE = 60


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a web process."""
    with ThreadPoolExecutor(1) as renewers:
        monkeypatch.setattr(keeping, "_renewers", renewers)
        monkeypatch.setattr(keeping, "close_old_connections", lambda: None)
        yield


def test_many_at_once_take_it_once_and_nothing_is_an_answer_too() -> None:
    name, taken, all_here = str(uuid4()), [], threading.Barrier(8)

    def take() -> None:
        taken.append(1)

    def ask(_: int) -> None:
        all_here.wait(PATIENCE)
        kept(name, 600, take)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert taken == [1]
    assert not keeping._locks


def test_one_name_holds_up_no_other() -> None:
    with alone("slow"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: kept(str(uuid4()), 600, lambda: 7)).result(PATIENCE) == 7


def test_what_fails_is_not_kept_and_holds_up_nobody() -> None:
    name = str(uuid4())
    with pytest.raises(ZeroDivisionError):
        kept(name, 600, lambda: 1 // 0)
    assert kept(name, 600, lambda: 2) == 2
    assert not keeping._locks


def wait_for_renewals() -> None:
    until = time.monotonic() + PATIENCE
    while keeping._renewals:
        assert time.monotonic() < until
        time.sleep(0.01)


def looked(name: str, take: Callable[[], object], *, fresh: float = 0, shown: float = 600, wait: float = 0) -> object:
    return renewed(name, take, fresh=fresh, shown=shown, wait=wait)


@pytest.mark.usefixtures("beside")
def test_while_it_is_taken_anew_everybody_sees_what_was_taken_before() -> None:
    name, goes_on, taken = str(uuid4()), threading.Event(), []

    def take() -> str:
        taken.append(1)
        goes_on.wait(PATIENCE)
        return "new"

    assert looked(name, lambda: "old") == "old"
    assert [looked(name, take) for _ in range(5)] == ["old"] * 5
    assert taken == [1]
    goes_on.set()
    wait_for_renewals()
    assert looked(name, take, fresh=600) == "new"
    assert taken == [1]


@pytest.mark.usefixtures("beside")
def test_what_is_taken_at_once_is_seen_at_once() -> None:
    name = str(uuid4())
    assert looked(name, lambda: "old") == "old"
    assert looked(name, lambda: "new", wait=PATIENCE) == "new"


@pytest.mark.usefixtures("beside")
def test_nobody_sees_what_is_too_old_or_was_forgotten() -> None:
    name, goes_on, begun = str(uuid4()), threading.Event(), threading.Event()

    def take() -> str:
        begun.set()
        goes_on.wait(PATIENCE)
        return "taken before the change"

    assert looked(name, lambda: "old") == "old"
    assert looked(name, lambda: "new", shown=0) == "new"
    assert looked(name, lambda: "newer") == "newer"
    looked(name, take)
    assert begun.wait(PATIENCE)
    cache.delete(name)
    assert looked(name, lambda: "changed") == "changed"
    goes_on.set()
    wait_for_renewals()
    assert looked(name, lambda: "", fresh=600) == "changed"


@pytest.mark.usefixtures("beside")
def test_a_database_that_is_away_is_said_when_nothing_may_be_shown_any_more() -> None:
    name = str(uuid4())

    def away() -> str:
        raise DatabaseError

    assert looked(name, lambda: "old") == "old"
    assert looked(name, away, wait=PATIENCE) == "old"
    with pytest.raises(DatabaseError):
        looked(name, away, shown=0)


def test_where_nothing_is_renewed_beside_the_first_who_asks_takes_it() -> None:
    name = str(uuid4())
    assert [looked(name, lambda n=n: n) for n in range(3)] == [0, 1, 2]  # type: ignore[misc]
