"""A new job of a calendar: kept, moved, or refused, and told."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from jobs import rules, transitions
from jobs.models import Calendar
from jobs.states import Blackout, State
from tests.conftest import NOW, seconds
from tests.transitions.steps import CLOSES, EVENING, OPENS, again

pytestmark = pytest.mark.django_db


def new(run_at, **fields):
    found = rules.check_new_job(target="demo.noop", payload={}, run_at=run_at, now=NOW, calendar="office", **fields)
    job, _ = transitions.create(found, now=NOW)
    return again(job)


def test_a_new_job_in_open_time_keeps_it(office):
    job = new(CLOSES - seconds(1))
    assert (job.run_at, job.asked_run_at, job.waited_for) == (CLOSES - seconds(1), None, "")
    assert (job.calendar, job.blackout) == (office, "next")


def test_a_new_job_in_closed_time_is_moved_and_told(office):
    job = new(EVENING)
    assert (job.run_at, job.asked_run_at) == (OPENS, EVENING)
    assert job.waited_for == (
        "Moved from 2030-01-01 20:00:00 UTC by the calendar 'office': after its hours, which end at 17:00."
    )


def test_an_earlier_one_leaves_the_time_that_a_start_may_take(office, settings):
    settings.JOBS_MAX_DELAY_TIME = 60
    job = new(EVENING, blackout=Blackout.EARLIER)
    assert (job.run_at, job.asked_run_at) == (CLOSES - seconds(60) - timedelta(milliseconds=1), EVENING)


def test_one_that_will_be_skipped_waits_for_that(office):
    job = new(EVENING, blackout=Blackout.SKIP)
    assert (job.state, job.run_at, job.asked_run_at) == (State.PENDING, EVENING, None)
    assert job.waited_for.startswith("It will be skipped: at its time the calendar 'office' is closed")


def test_a_job_moved_out_of_the_window_is_not_published(office, published):
    Calendar.objects.update(open_days=0b1111101)  # not on Tuesdays: closed now
    job = new(NOW + seconds(2))
    assert job.run_at == OPENS
    assert job.enqueued_at is None
    assert published == []


def test_a_calendar_that_never_opens_is_refused(office):
    Calendar.objects.update(open_days=0)
    with pytest.raises(ValidationError, match="no open moment") as refused:
        new(EVENING)
    assert list(refused.value.message_dict) == ["calendar"]


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"calendar": "ofice"}, "calendar", "There is no calendar 'ofice'; there are: office"),
        ({"blackout": "later"}, "blackout", "give skip, earlier or next"),
        ({"run_at": NOW - seconds(6)}, "run_at", "in the past"),
        ({"run_at": NOW.replace(tzinfo=None)}, "run_at", "no zone"),
    ],
)
def test_what_is_refused(office, fields, field, says):
    given = {"target": "demo.noop", "payload": {}, "run_at": EVENING, "calendar": "office", **fields}
    with pytest.raises(ValidationError, match=says) as refused:
        rules.check_new_job(**given, now=NOW)
    assert list(refused.value.message_dict) == [field]
