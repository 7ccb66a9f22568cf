"""No body is entered after a stop of everything was answered, whenever its row was taken."""

import pytest

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Stop
from jobs.states import State
from jobs.transitions.limits.pausing import ANSWERED_AFTER
from jobs.worker.run.runner import Armed
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


def test_what_was_taken_slowly_waits_for_the_end_of_a_stop_that_came_meanwhile(body, monkeypatch):
    def armed(started, session, begun, *more):
        Stop.objects.create(begins_at=clock.now(), until=None, reason="the disks move", created_at=clock.now())
        return Armed(started, session, begun - ANSWERED_AFTER - 0.05, *more)

    monkeypatch.setattr("tests.worker.runner.steps.Armed", armed)
    kept = run(job(0.0, body(lambda: pytest.fail("it was entered"))))
    assert (kept.state, kept.holds, kept.attempt, kept.version) == (State.PENDING, 0, 1, 2)
    start = Attempt.objects.get()
    assert (start.outcome, start.started_at) == (State.INTERRUPTED, None)
    assert transitions.cancel(kept.pk, now=clock.now(), reason="").done
