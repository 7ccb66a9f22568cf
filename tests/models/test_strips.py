"""The latest runs of schedules, and counts over stretches of time, where there is little to see."""

from datetime import timedelta

import pytest

from jobs.models import Occurrence
from jobs.models.querysets.strips import last_runs
from jobs.models.querysets.through_time import counted
from jobs.rights import EVERYTHING
from jobs.transitions.schedules.definitions import change_schedule
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import again, make, minutes

pytestmark = pytest.mark.django_db


def test_a_run_whose_job_was_deleted_is_done_and_no_more_are_shown_than_asked_for():
    schedule = make()
    for n in range(1, 5):
        Occurrence.objects.create(schedule=schedule, nominal_at=NOW - minutes(n), job_id=1000 + n, noted_at=NOW)
    runs = last_runs([schedule.pk], now=NOW, most=2)[schedule.pk]
    assert [run.became(timedelta(0)) for run in runs] == ["done", "done"]
    more = last_runs([schedule.pk], now=NOW + minutes(60), most=2)[schedule.pk]
    assert len(more) == 2
    assert last_runs([], now=NOW) == {}


def test_no_stretch_has_no_count():
    assert counted([], within=EVERYTHING) == []


def test_a_new_first_moment_is_what_intervals_are_counted_from():
    schedule = make("90 seconds", dialect="interval")
    change_schedule(schedule.pk, {"starts_at": NOW + seconds(7)}, by=None, now=NOW)
    assert again(schedule).anchored_at == NOW + seconds(7)
