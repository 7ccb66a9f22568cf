"""What the database has answered is kept for a while: who asks the same at once waits for one, others do not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from jobs import kept as keeping
from jobs.kept import alone, kept

PATIENCE = 60


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
