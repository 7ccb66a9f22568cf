"""Downtime that is over before a run was to start: its nominal time has passed, its own moment has not."""

from datetime import UTC, datetime

import pytest

from jobs.models import Job, Schedule
from jobs.states import CatchUp, IfLate
from jobs.transitions.schedules import single
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, again, make, minutes, sweep

pytestmark = pytest.mark.django_db

HOUR = datetime(2030, 1, 1, 13, tzinfo=UTC)
NEXT = HOUR + minutes(60)


@pytest.fixture
def half_an_hour_later(monkeypatch):
    monkeypatch.setattr(Schedule, "offset", minutes(30))


def test_a_spread_run_whose_moment_has_not_come_was_not_missed(half_an_hour_later):
    schedule = make("0 * * * *", catch_up=CatchUp.SKIP)
    sweep(NEXT + minutes(20))
    assert Job.objects.get(schedule=schedule, nominal_at=NEXT).run_at == NEXT + minutes(30)


def test_a_moved_run_whose_moment_has_not_come_was_not_missed():
    schedule = make("0 * * * *", catch_up=CatchUp.SKIP)
    single.move_run(schedule.pk, NEXT, run_at=NEXT + minutes(50), reason="", by=None, now=NOW)
    sweep(NEXT + minutes(20))
    assert Job.objects.get(schedule=schedule, nominal_at=NEXT).run_at == NEXT + minutes(50)


def test_a_spread_run_may_start_within_so_long_after_its_own_moment(half_an_hour_later):
    schedule = make("0 * * * *", start_within=600, if_late=IfLate.SKIP)
    job = Job.objects.get(pk=again(schedule).next_job_id)
    assert acquire(job, now=HOUR + minutes(35)) is not None
    assert accounted(schedule) == [(HOUR, 1, None), (NEXT, 1, None)]


def test_one_that_is_too_late_after_its_own_moment_does_not_start(half_an_hour_later):
    schedule = make("0 * * * *", start_within=600, if_late=IfLate.SKIP)
    job = Job.objects.get(pk=again(schedule).next_job_id)
    assert acquire(job, now=HOUR + minutes(40) + seconds(1)) is None
    assert next(cause for _, _, cause in accounted(schedule)) is not None
