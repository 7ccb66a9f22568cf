"""What becomes of jobs that are over long since: the rules on evidence made by hand, and the load on the database."""

from collections import Counter
from datetime import date

import pytest

from jobs.clock import clock
from jobs.models import Installation
from jobs.scheduler.history import Moving, Removing
from tests.drill.test_checker import good, kinds
from verification.drill.checker import Kind, check
from verification.drill.evidence import Fate, Old
from verification.drill.load.old import NUMBERS, OldJobs

DAY = date(2030, 2, 1)


def old(fate=Fate.MOVES, hot=1, moved=0, **more):
    return Old(**{"job_id": 9, "fate": fate, "hot": hot, "moved": moved, "starts": 1, "day": None} | more)


@pytest.mark.parametrize(
    "one",
    [
        old(),
        old(hot=0, moved=1, day=DAY),
        old(Fate.REMOVED, hot=0, moved=0, starts=0),
        old(Fate.KEPT, hot=0, moved=1),
        old(Fate.STAYS),
    ],
    ids=["not moved yet", "moved", "removed", "kept in the history", "waited for"],
)
def test_where_it_may_be(one):
    assert check(good(old=[one])).passed


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (old(hot=0, starts=0), Kind.LOST),
        (old(Fate.KEPT, hot=0, starts=0), Kind.LOST),
        (old(starts=0), Kind.LOST),
        (old(moved=1, day=DAY), Kind.DOUBLED),
        (old(starts=2), Kind.DOUBLED),
        (old(Fate.STAYS, hot=0, moved=1, day=DAY), Kind.MOVED),
        (old(Fate.KEPT, hot=0, moved=1, day=DAY), Kind.MOVED),
    ],
    ids=["nowhere", "kept and nowhere", "no attempt", "in both", "two attempts", "waited for", "kept with a day"],
)
def test_where_it_may_not_be(one, kind):
    assert kinds(good(old=[one])) == {kind}


def test_of_a_partition_all_go_or_none():
    gone, there = old(Fate.REMOVED, hot=0, starts=0), old(Fate.REMOVED, hot=0, moved=1, day=DAY, job_id=10)
    (violation,) = check(good(old=[gone, there])).violations
    assert violation.text == "Of 2 jobs of one partition 1 were removed."


def test_what_has_not_ended_is_not_in_the_history():
    assert kinds(good(moved_too_soon=[7])) == {Kind.MOVED}


@pytest.mark.django_db(transaction=True)
def test_the_load_is_what_the_leader_moves_and_removes():
    load = OldJobs("1a2b", "drill-old")
    load.make()
    Installation.current()
    Installation.objects.update(retention_on_at=clock.now(), held_at=None)
    moving = Moving()
    try:
        assert check(good(old=load.found(), moved_too_soon=load.moved_too_soon(clock.now()))).passed
        while not moving(now=clock.now()):
            pass
        Removing()(now=clock.now())
        found = load.found()
        assert check(good(old=found, moved_too_soon=load.moved_too_soon(clock.now()))).passed
    finally:
        load.let_go()
    assert Counter((one.fate, one.hot, one.moved) for one in found) == {
        (Fate.MOVES, 0, 1): NUMBERS[Fate.MOVES],
        (Fate.REMOVED, 0, 0): NUMBERS[Fate.REMOVED],
        (Fate.KEPT, 0, 1): NUMBERS[Fate.KEPT],
        (Fate.STAYS, 1, 0): NUMBERS[Fate.STAYS],
    }
