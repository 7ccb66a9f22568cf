"""Schedules that come after others, with real connections: whoever ends, edits or makes beside it, a run neither starts
early nor waits for ever."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Schedule
from jobs.scheduler.turns import WaitingRuns
from jobs.transitions.schedules import definitions
from tests.concurrency.steps import at_once
from tests.transitions.schedules.following import EVENING, FREE, WAITS, at, first, follower, look, sees
from tests.transitions.schedules.life import acquire, again, finish, next_job

pytestmark = pytest.mark.django_db(transaction=True)


def call(act):
    return act()


def test_two_that_end_at_once_let_it_go_however_often():
    for number in range(8):
        others = [first(f"{number} {name}") for name in ("a", "b")]
        job = next_job(follower(*others, name=f"{number} c"))
        started = [acquire(next_job(one), now=at(2)) for one in others]
        at_once(lambda one: finish(one, now=at(2, 1)), started)
        assert sees(job) == FREE, "without a leader"


def test_an_end_beside_the_making_of_who_waits_neither_leaves_it_waiting_nor_lets_it_go_early():
    for number in range(8):
        one = first(f"{number} a")
        second = follower(one, name=f"{number} b")
        started = acquire(next_job(one), now=at(2))
        at_once(
            call,
            [
                lambda started=started: finish(started, now=at(2, 1)),
                lambda pk=second.pk: definitions.change_schedule(
                    pk, {"expression": "30 4 * * *"}, by=None, now=at(2, 1)
                ),
                lambda: look(at(2, 1)),
            ],
        )
        job = next_job(second)
        assert sees(job) in (FREE, WAITS)
        look(at(2, 2))
        assert (sees(job), job.nominal_at) == (FREE, at(4, 30))


def test_an_edit_of_the_other_beside_a_look_is_waited_for():
    """Whoever is let go by what the other was before is told to wait again."""
    for number in range(8):
        one = first(f"{number} a", expression="0 2 5 * *")
        job = next_job(follower(one, name=f"{number} b"))
        at_once(
            call,
            [
                lambda: look(at(1)),
                lambda pk=one.pk: definitions.change_schedule(pk, {"expression": "0 3 * * *"}, by=None, now=at(1)),
            ],
        )
        assert sees(job) == WAITS


def test_of_two_that_would_make_a_circle_one_is_refused():
    for number in range(10):
        one, two = first(f"{number} a"), first(f"{number} b")

        def come_after(pair):
            schedule, other = pair
            try:
                definitions.change_schedule(schedule.pk, {"after_ids": [other.pk]}, by=None, now=EVENING)
            except ValidationError:
                return False
            return True

        done = at_once(come_after, [(one, two), (two, one)])
        assert sorted(done) == [False, True]
        assert sorted(len(again(schedule).after_ids) for schedule in (one, two)) == [0, 1]


def test_whoever_changes_both_at_once_waits_for_nobody_for_ever():
    one = first()
    second = follower(one)
    service = WaitingRuns()

    def change(number):
        if number % 4 == 0:
            service(now=at(1))
        elif number % 4 == 1:
            definitions.change_schedule(one.pk, {"expression": f"{number} 2 * * *"}, by=None, now=at(1))
        else:
            after = [one.pk] if number % 4 == 2 else []
            definitions.change_schedule(second.pk, {"after_ids": after}, by=None, now=at(1))

    for _ in range(5):
        at_once(change, range(8))
    definitions.change_schedule(second.pk, {"after_ids": [one.pk]}, by=None, now=at(1))
    assert (sees(next_job(second)), Schedule.objects.get(pk=one.pk).has_followers) == (WAITS, True)
