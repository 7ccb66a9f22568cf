"""Schedules of one day of which one comes after others."""

from datetime import UTC, datetime

from jobs.models import Job
from jobs.scheduler.turns import WaitingRuns
from jobs.states import Hold, State
from tests import starts
from tests.conftest import seconds
from tests.transitions.schedules.life import acquire, make, minutes, next_job

MIDNIGHT = datetime(2030, 1, 2, tzinfo=UTC)
EVENING = MIDNIGHT - minutes(60)  # of the day before: all of the next day is to come
WAITS = (State.PENDING, Hold.DEPENDENCIES)
FREE = (State.PENDING, 0)
SKIPPED = (State.SKIPPED, 0)


def at(hour, minute=0, second=0):
    return MIDNIGHT.replace(hour=hour, minute=minute, second=second)


def first(name="first", expression="0 2 * * *", **fields):
    return make(expression, **{"name": name, "now": EVENING, **fields})


def follower(*others, expression="0 4 * * *", **fields):
    """A schedule that comes after these, with its run of 04:00 ahead."""
    fields = {"name": "second", "now": EVENING, **fields}
    return make(expression, after_ids=[one.pk for one in others], **fields)


def sees(job):
    row = Job.objects.get(pk=job.pk)
    return row.state, row.holds


def look(now):
    """Let the leader look, for the first time in its life: at all of them."""
    WaitingRuns()(now=now)


def run(schedule, *, now, lasts=60, outcome=State.COMPLETED):
    """Start the run that comes next of a schedule at its time, and end it."""
    started = acquire(next_job(schedule), now=now)
    ended = now + seconds(lasts)
    starts.finish(started, outcome=outcome, execute_at=now, finished_at=ended, error="")
    return started
