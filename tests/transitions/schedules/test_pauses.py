"""A schedule that is paused, switched off or edited: what it starts, and what is written down."""

from datetime import UTC, datetime

import pytest

from jobs.models import Audit, Job, Occurrence, Schedule
from jobs.states import Cause, State
from jobs.transitions.schedules.definitions import (
    change_schedule,
    delete_schedule,
    pause_schedule,
    resume_schedule,
)
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, again, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)  # of */5 after NOW, which is 12:00:03
SECOND, THIRD = FIRST + minutes(5), FIRST + minutes(10)


def pause(schedule, *, now=NOW, until=None, by=None):
    return pause_schedule(schedule.pk, until=until, reason="stocktaking", by=by, now=now)


def test_a_paused_one_starts_nothing_until_it_is_resumed(admin_user):
    schedule = make()
    assert pause(schedule, by=admin_user).done
    assert (again(schedule).next_at, Job.objects.pending().count()) == (None, 0)
    assert sweep(THIRD + seconds(1)) == 0
    assert resume_schedule(schedule.pk, by=admin_user, now=THIRD + seconds(1)).done
    assert next_job(schedule).nominal_at == THIRD + minutes(5)
    row = Occurrence.objects.missed().get()
    assert (row.nominal_at, row.until, row.count, row.cause, row.why, row.by) == (
        FIRST,
        THIRD,
        3,
        Cause.PAUSED,
        "stocktaking",
        admin_user,
    )


def test_a_pause_that_ends_before_its_next_time_costs_no_run():
    schedule = make()
    pause(schedule)
    resume_schedule(schedule.pk, by=None, now=FIRST - seconds(1))
    assert next_job(schedule).nominal_at == FIRST
    assert accounted(schedule) == [(FIRST, 1, None)]


def test_a_pause_until_a_moment_has_its_next_run_as_a_job_at_once():
    schedule = make()
    pause(schedule, until=THIRD)
    assert next_job(schedule).nominal_at == THIRD
    assert acquire(next_job(schedule), now=THIRD - seconds(0.2)).nominal_at == THIRD
    assert next_job(schedule).nominal_at == THIRD + minutes(5)
    assert accounted(schedule) == [(FIRST, 2, Cause.PAUSED), (THIRD, 1, None), (THIRD + minutes(5), 1, None)]


def test_a_pause_until_a_moment_that_is_resumed_earlier():
    schedule = make()
    pause(schedule, until=FIRST + minutes(55))
    resume_schedule(schedule.pk, by=None, now=FIRST + seconds(1))
    assert next_job(schedule).nominal_at == SECOND
    assert accounted(schedule) == [(FIRST, 1, Cause.PAUSED), (SECOND, 1, None)]
    assert Job.objects.pending().count() == 1


def test_a_run_whose_time_has_come_goes_on_through_a_pause():
    schedule = make()
    job = next_job(schedule)
    pause(schedule, now=FIRST)
    assert acquire(job, now=FIRST).nominal_at == FIRST


def test_what_has_no_pause_cannot_be_resumed():
    answer = resume_schedule(make().pk, by=None, now=NOW)
    assert (answer.done, answer.why) == (False, "The schedule 'report' is not paused.")


def test_switched_on_again_it_starts_nothing_of_what_has_passed():
    schedule = make(enabled=False)
    assert again(schedule).next_at is None
    change_schedule(schedule.pk, {"enabled": True}, by=None, now=THIRD + seconds(1))
    assert next_job(schedule).nominal_at == THIRD + minutes(5)
    assert accounted(schedule) == [(FIRST, 3, Cause.DISABLED), (THIRD + minutes(5), 1, None)]


def test_an_edit_moves_the_next_run_at_once():
    schedule = make("0 0 * * *")
    old = next_job(schedule)
    answer = change_schedule(schedule.pk, {"expression": "30 * * * *", "queue": "q2"}, by=None, now=NOW)
    job = next_job(schedule)
    assert (job.nominal_at, job.queue) == (datetime(2030, 1, 1, 12, 30, tzinfo=UTC), "q2")
    assert answer.why.endswith("Next: Tuesday, 01 January 2030, 12:30:00 UTC.")
    old.refresh_from_db()
    assert (old.state, old.schedule_id, old.reason) == (State.CANCELLED, None, "The schedule was changed.")
    assert accounted(schedule) == [(job.nominal_at, 1, None)]


def test_an_edit_leaves_a_run_that_waits_as_it_is():
    schedule = make()
    job = next_job(schedule)
    change_schedule(schedule.pk, {"queue": "q2"}, by=None, now=FIRST + seconds(1))
    job.refresh_from_db()
    assert (job.state, job.queue) == (State.PENDING, "default")
    assert (next_job(schedule).nominal_at, next_job(schedule).queue) == (SECOND, "q2")


def test_a_deleted_one_says_what_becomes_of_its_next_run():
    schedule = make()
    job = next_job(schedule)
    answer = delete_schedule(schedule.pk, by=None, now=NOW)
    assert f"Its next run, job {job.pk}, is cancelled." in answer.why
    job.refresh_from_db()
    assert (job.state, Schedule.objects.count()) == (State.CANCELLED, 0)
    assert Occurrence.objects.count() == 0


def test_each_change_is_audited(admin_user):
    schedule = make(by=admin_user)
    pause(schedule, by=admin_user)
    resume_schedule(schedule.pk, by=admin_user, now=NOW, reason="done")
    change_schedule(schedule.pk, {"expression": "1 * * * *"}, by=admin_user, now=NOW)
    delete_schedule(schedule.pk, by=admin_user, now=NOW)
    rows = Audit.objects.filter(subject="schedule", name="report")
    assert [row.verb for row in rows] == ["create", "pause", "resume", "change", "delete"]
    assert {row.by for row in rows} == {admin_user}
    changed = rows[3]
    assert (changed.before["expression"], changed.after["expression"]) == ("*/5 * * * *", "1 * * * *")


def test_who_changes_what_runs_cannot_approve_it(admin_user, django_user_model):
    owner = django_user_model.objects.create(username="owner")
    schedule = make(by=owner)
    change_schedule(schedule.pk, {"expression": "1 * * * *", "target": "demo.noop"}, by=admin_user, now=NOW)
    assert next_job(schedule).created_by == owner
    change_schedule(schedule.pk, {"target": "demo.sleep", "payload": {"seconds": 1}}, by=admin_user, now=NOW)
    assert next_job(schedule).created_by == admin_user
