"""What a person changes counts from then on: for all runs that are to come, and for none that would have been."""

import pytest

from jobs.models import Job, Schedule
from jobs.states import Cause, State
from jobs.transitions import controls
from jobs.transitions.schedules import definitions, single
from tests.conftest import NOW
from tests.transitions.schedules.life import accounted, again, make, minutes, next_job, run_until

pytestmark = pytest.mark.django_db

NOON = NOW.replace(second=0)
FIRST, SECOND = NOON + minutes(5), NOON + minutes(10)
LATER = NOON + minutes(371)
NEXT = NOON + minutes(375)


def change(schedule, now=LATER, **fields):
    definitions.change_schedule(schedule.pk, fields, by=None, now=now)


def pending(schedule):
    jobs = Job.objects.filter(name=schedule.name, state=State.PENDING).order_by("run_at")
    return list(jobs.values_list("run_at", flat=True))


def retried(schedule):
    """Its next run was skipped, and the job of that told to start all the same: there are two to come."""
    job = next_job(schedule)
    single.skip_run(schedule.pk, FIRST, reason="", by=None, now=NOW)
    assert controls.retry(job.pk, now=NOW).done
    assert pending(schedule) == [FIRST, SECOND]


def test_a_run_that_was_skipped_and_retried_starts_in_no_pause():
    schedule = make()
    retried(schedule)
    definitions.pause_schedule(schedule.pk, until=None, reason="", by=None, now=NOW)
    assert pending(schedule) == []


def test_nor_does_it_when_its_schedule_is_switched_off_or_deleted():
    schedule = make()
    retried(schedule)
    change(schedule, now=NOW, enabled=False)
    assert pending(schedule) == []
    other = make(name="other")
    retried(other)
    definitions.delete_schedule(other.pk, by=None, now=NOW)
    assert pending(other) == []


def test_it_does_what_an_edit_says():
    schedule = make()
    retried(schedule)
    change(schedule, now=NOW, payload={"new": True})
    assert pending(schedule) == [FIRST]
    assert next_job(schedule).payload == {"new": True}


def test_a_skip_that_is_taken_back_after_an_edit_or_in_a_pause_is_as_the_schedule_has_it_now():
    schedule = make()
    single.skip_run(schedule.pk, FIRST, reason="", by=None, now=NOW)
    change(schedule, now=NOW, payload={"new": True})
    assert single.undo(schedule.pk, FIRST, reason="", by=None, now=NOW).done
    assert (next_job(schedule).nominal_at, next_job(schedule).payload) == (FIRST, {"new": True})
    single.skip_run(schedule.pk, FIRST, reason="", by=None, now=NOW)
    definitions.pause_schedule(schedule.pk, until=NOON + minutes(7), reason="", by=None, now=NOW)
    assert single.undo(schedule.pk, FIRST, reason="", by=None, now=NOW).done
    assert pending(schedule) == [SECOND]


def test_a_run_that_was_started_ahead_and_cancelled_is_over():
    schedule = make()
    controls.run_now(next_job(schedule).pk, now=NOW)
    single.skip_run(schedule.pk, FIRST, reason="", by=None, now=NOW)
    assert not single.undo(schedule.pk, FIRST, reason="", by=None, now=NOW).done


@pytest.mark.parametrize(
    ("ends", "goes_on"),
    [({"most_runs": 3}, {"most_runs": 6}), ({"ends_at": NOON + minutes(17)}, {"ends_at": None})],
)
def test_one_that_has_ended_and_goes_on_starts_nothing_of_the_time_between(ends, goes_on):
    schedule = make(**ends)
    run_until(schedule, NOW, NOON + minutes(30))
    assert again(schedule).next_at is None
    change(schedule, **goes_on)
    assert pending(schedule) == [NEXT]
    assert [count for _, count, cause in accounted(schedule) if cause] == []


def test_what_a_new_expression_would_have_meant_before_is_not_missed():
    schedule = make("0 0 1 * *", enabled=False)
    change(schedule, enabled=True, expression="*/5 * * * *")
    assert pending(schedule) == [NEXT]
    assert accounted(schedule) == [(NEXT, 1, None)]
    paused = make("0 0 1 * *", name="paused")
    definitions.pause_schedule(paused.pk, until=None, reason="", by=None, now=NOW)
    change(paused, expression="*/5 * * * *")
    definitions.resume_schedule(paused.pk, by=None, now=NOON + minutes(381))
    assert accounted(paused) == [(NEXT, 2, Cause.PAUSED), (NOON + minutes(385), 1, None)]


def test_what_passed_while_it_could_not_be_reckoned_with_is_missed_when_an_edit_mends_it():
    schedule = make()
    Schedule.objects.update(time_zone="Nowhere/At_all")  # by SQL, and nobody has noticed yet
    change(schedule, time_zone="UTC")
    assert [(nominal, count) for nominal, count, cause in accounted(schedule) if cause] == [(SECOND, 72)]
    assert again(schedule).next_at == NEXT
