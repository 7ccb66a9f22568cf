"""Exactly one run of a schedule lies in the future, whatever becomes of the one before it."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from jobs import transitions
from jobs.models import Job, Occurrence, Schedule
from jobs.models.schedule import SHARED
from jobs.states import Cause, Hold, Overlap, State
from jobs.transitions.schedules import succession
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)  # of */5 after NOW, which is 12:00:03
SECOND, THIRD = FIRST + minutes(5), FIRST + minutes(10)


def test_a_new_one_has_its_first_run_as_a_job():
    schedule = make(payload={}, queue="reports", deadline=60)
    job = next_job(schedule)
    assert (job.run_at, job.nominal_at, job.name, job.queue, job.deadline) == (FIRST, FIRST, "report", "reports", 60)
    assert (job.key, job.overlap) == (f"schedule:{schedule.pk}", Overlap.SKIP)
    assert accounted(schedule) == [(FIRST, 1, None)]


def test_a_start_makes_the_successor_in_its_transaction():
    schedule = make()
    started = acquire(next_job(schedule), now=FIRST - seconds(0.2))
    assert started.nominal_at == FIRST
    assert next_job(schedule).nominal_at == SECOND
    assert Job.objects.pending().count() == 1


def test_a_start_that_is_undone_has_no_successor():
    schedule = make()
    with transaction.atomic():
        acquire(next_job(schedule), now=FIRST)
        transaction.set_rollback(True)
    assert next_job(schedule).nominal_at == FIRST
    assert Job.objects.count() == 1


def test_one_that_is_skipped_by_a_person_has_its_successor_and_its_cause(admin_user):
    schedule = make()
    transitions.cancel(next_job(schedule).pk, now=NOW, reason="holiday", by=admin_user)
    assert next_job(schedule).nominal_at == SECOND
    gone = Occurrence.objects.missed().get()
    assert (gone.nominal_at, gone.cause, gone.why, gone.by) == (FIRST, Cause.PERSON, "holiday", admin_user)


def test_a_skip_that_is_undone_starts_at_its_time_and_makes_no_other():
    schedule = make()
    job = next_job(schedule)
    transitions.cancel(job.pk, now=NOW, reason="holiday")
    transitions.retry(job.pk, now=NOW, reason="after all")
    assert not Occurrence.objects.missed().exists()
    assert acquire(job, now=FIRST).nominal_at == FIRST
    assert [one.nominal_at for one in Job.objects.pending()] == [SECOND]


def test_one_whose_target_is_gone_fails_with_its_cause_and_the_schedule_goes_on():
    schedule = make()
    job = next_job(schedule)
    Job.objects.filter(pk=job.pk).update(target="no.such")
    assert acquire(job, now=FIRST + seconds(31)) is None
    assert (job.refresh_from_db(), job.state) == (None, State.FAILED)
    assert Occurrence.objects.missed().get().cause == Cause.TARGET
    assert next_job(schedule).nominal_at == SECOND


def test_one_that_comes_while_an_earlier_one_runs_is_skipped_with_its_cause():
    schedule = make()
    acquire(next_job(schedule), now=FIRST)
    assert acquire(next_job(schedule), now=SECOND) is None
    assert Occurrence.objects.missed().get().cause == Cause.RUNNING
    assert next_job(schedule).nominal_at == THIRD


def test_a_run_that_is_held_does_not_silence_its_schedule():
    schedule = make(overlap=Overlap.QUEUE)
    Job.objects.update(holds=Hold.APPROVAL)
    assert sweep(FIRST - seconds(1)) == 0
    assert sweep(FIRST) == 1
    assert next_job(schedule).nominal_at == SECOND
    assert Job.objects.pending().count() == 2


def test_of_those_that_may_not_overlap_one_waits():
    schedule = make()
    held = next_job(schedule)
    Job.objects.update(holds=Hold.APPROVAL)
    sweep(FIRST)
    sweep(SECOND)
    sweep(THIRD)
    assert held.state == State.PENDING
    assert [(row.nominal_at, row.cause) for row in Occurrence.objects.missed().order_by("nominal_at")] == [
        (SECOND, Cause.RUNNING),
        (THIRD, Cause.RUNNING),
    ]
    assert next_job(schedule).nominal_at == THIRD + minutes(5)
    assert Job.objects.pending().count() == 2


def test_a_run_that_was_moved_beyond_its_successor_does_not_silence_its_schedule():
    schedule = make(overlap=Overlap.ALLOW)
    moved = next_job(schedule)
    transitions.reschedule(moved.pk, run_at=FIRST + minutes(60), now=NOW)
    sweep(FIRST)
    assert next_job(schedule).nominal_at == SECOND
    assert acquire(moved, now=FIRST + minutes(60)).nominal_at == FIRST


def test_what_goes_wrong_with_a_successor_holds_up_no_start(monkeypatch):
    schedule = make()

    def broken(*args, **kwargs):
        raise IntegrityError("no")

    with monkeypatch.context() as patch:
        patch.setattr(succession, "move_on", broken)
        assert acquire(next_job(schedule), now=FIRST) is not None
    assert sweep(FIRST) == 1
    assert next_job(schedule).nominal_at == SECOND


def test_a_schedule_whose_expression_cannot_be_read_stands_still_alone():
    broken, good = make(), make(name="other")
    Schedule.objects.filter(pk=broken.pk).update(expression="61 * * * *")
    assert sweep(FIRST) == 1
    assert next_job(good).nominal_at == SECOND
    assert (again(broken).next_at, "minute" in again(broken).problem) == (None, True)


def test_the_database_refuses_a_second_job_for_a_nominal_time():
    schedule = make()
    with pytest.raises(IntegrityError, match="jobs_occurrence_once"), transaction.atomic():
        Occurrence.objects.create(schedule=schedule, nominal_at=FIRST, job_id=7, noted_at=NOW)


def test_it_ends_with_its_last_moment_and_after_its_count():
    ends, counted = make(ends_at=SECOND), make(name="other", most_runs=2)
    for at in (FIRST, SECOND):
        for schedule in (ends, counted):
            finish(acquire(next_job(schedule), now=at), now=at)
    assert [again(schedule).next_at for schedule in (ends, counted)] == [None, None]


def test_its_spread_moves_each_start_by_the_same_part():
    schedule = make(spread=60)
    offset = schedule.offset
    assert seconds(0) < offset < seconds(60)
    assert next_job(schedule).run_at == FIRST + offset
    acquire(next_job(schedule), now=FIRST + offset)
    assert (next_job(schedule).nominal_at, next_job(schedule).run_at) == (SECOND, SECOND + offset)


def test_a_job_has_what_its_schedule_says(office, admin_user):
    """Each field that both have, with a value that is no default."""
    fields = {
        "target": "demo.sleep",
        "payload": {"seconds": 0.5},
        "queue": "q2",
        "rerunnable": True,
        "max_attempts": 3,
        "retry_on": ["failure"],
        "start_within": 7,
        "deadline": 8,
        "if_late": "hold",
        "key_limit": 4,
        "overlap": "queue",
        "blackout": "next",
        "labels": {"team": "payroll"},
    }
    assert fields.keys() == set(SHARED)
    schedule = make(by=admin_user, calendar=office, key="k", **fields)
    job = next_job(schedule)
    assert {name: getattr(job, name) for name in SHARED} == fields
    assert (job.key, job.calendar, job.created_by, job.name) == ("k", office, admin_user, "report")


def test_the_run_of_a_dangerous_target_waits_for_its_approval(monkeypatch):
    monkeypatch.setattr("jobs.rights.target_rules.is_dangerous", lambda *asked: True)
    schedule = make()
    assert next_job(schedule).held_by == Hold.APPROVAL
