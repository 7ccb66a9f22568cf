"""An operator looks back: what was late, and by which cause; what failed, and a group of it tried again, five first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.models import Job, Operation
from jobs.states import State
from tests.failures.conftest import failed
from tests.monitor.rows import SECOND, ended, leader, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GROUP = "ValueError in shop.orders:charge"


@pytest.fixture
def past(transactional_db: None) -> Job:
    """Nine that failed alike, two that were late by their own causes, and the job that a pause has held up."""
    now = datetime.now(tz=UTC)
    leader(now)
    worker(now, queues=["mail", "default"])
    for n in range(9):
        failed(ago=60.0 + n, name=f"charge {n}")
    late = {"delay": timedelta(seconds=40), "enqueued_at": now - 6 * SECOND, "queue": "mail"}
    ended(now - 5 * SECOND, name="letters", waited_for="Job 7 of the key 'letters' ran at its time.", **late)
    why = "The queue 'mail' was paused: the server moves."
    return ended(now - 5 * SECOND, name="salaries of May", waited_for=why, **late)


def test_what_was_late_is_found_with_its_cause(somebody: Any, past: Job) -> None:
    grace = somebody("operator")
    with grace.task("Find what was late, and by which cause"):
        grace.press("Late")
        grace.reads("The queue 'mail' was paused: the server moves.")
        assert grace.sees("2 late")
    with grace.task("See only what was late by one cause"):
        grace.press("Late")
        grace.press("its queue or key was paused", within="content")
        grace.reads("1 late")
        assert grace.sees("salaries of May")
        assert not grace.sees("letters")


def test_a_group_of_failures_is_retried_five_first(somebody: Any, past: Job) -> None:
    grace = somebody("operator")
    with grace.task("Retry a group of failures, five first"):
        grace.press("Failures")
        grace.reads(GROUP)
        grace.press("Retry this group", starts=True)
        grace.type("reason", "the bank answers again")
        grace.press("Retry 5 first")
        grace.reads("5 are to end")
    assert Job.objects.filter(state=State.PENDING).count() == 5
    assert Operation.objects.get().total == 9
