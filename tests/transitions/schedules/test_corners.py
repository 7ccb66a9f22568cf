"""What is seldom met: rows that SQL has broken, things that are gone, and ends of rules."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError

from jobs.calendars import NeverOpen
from jobs.models import Job, Occurrence, Operation, Schedule
from jobs.scheduler import schedules as service
from jobs.scheduler.operations import operations
from jobs.scheduler.schedules import Schedules
from jobs.states import Blackout, Cause, Hold, State
from jobs.transitions.schedules import backfill, definitions, placement, single, sweeping, withdrawal
from jobs.transitions.schedules.backfill import Backfill, begin_backfill
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)
SECOND, THIRD = FIRST + minutes(5), FIRST + minutes(10)
LATE = FIRST + minutes(60) + seconds(40)
LONG = "x" * 1001
NOBODY = {"by": None, "now": NOW}
GONE = "There is no schedule 0."


def asked(verb, schedule, nominal, **more):
    return verb(schedule.pk, nominal, **{"reason": "", "by": None, "now": NOW, **more})


def broken(schedule):
    """By SQL: a zone that there is not."""
    Schedule.objects.filter(pk=schedule.pk).update(time_zone="Nowhere/At_all")


def test_what_is_asked_of_a_schedule_that_is_gone_says_so():
    assert definitions.change_schedule(0, {}, **NOBODY).why == GONE
    assert definitions.pause_schedule(0, until=None, reason="", **NOBODY).why == GONE
    assert definitions.resume_schedule(0, **NOBODY).why == GONE
    assert definitions.delete_schedule(0, **NOBODY).why == GONE
    assert single.give_arguments(0, FIRST, payload={}, reason="", **NOBODY).why == GONE
    assert backfill.go_on(0, now=NOW) == 0


def test_what_comes_next_is_said_in_words():
    schedule = make()
    schedule.next_job_id = None
    assert definitions.next_words(schedule).startswith("What has passed is being written down")
    schedule.next_at = None
    assert definitions.next_words(schedule) == "Nothing comes next."
    schedule.problem = "It is broken."
    assert definitions.next_words(schedule) == "It is broken."


def test_one_whose_zone_is_gone_stands_still_and_says_so():
    schedule = make()
    job = next_job(schedule)
    broken(schedule)
    answer = asked(single.skip_run, schedule, SECOND)
    assert (answer.done, "time zone" in answer.why) == (False, True)
    assert acquire(job, now=FIRST + minutes(4)) is not None, "its job is as good as any"
    assert "time zone" in again(schedule).problem
    assert definitions.change_schedule(schedule.pk, {"time_zone": "UTC"}, by=None, now=FIRST).done
    assert next_job(schedule).nominal_at == SECOND


def test_a_backfill_of_one_whose_zone_is_gone_fails_with_that():
    schedule = make()
    begin_backfill(Backfill(schedule, NOW - minutes(60), NOW), reason="", by=None, now=NOW)
    broken(schedule)
    operations(now=NOW)
    operation = Operation.objects.get()
    assert (operation.outcome, "time zone" in operation.why) == ("failed", True)


def test_a_reason_that_is_too_long_is_refused():
    schedule = make()
    with pytest.raises(ValidationError):
        asked(single.skip_run, schedule, FIRST, reason=LONG)
    with pytest.raises(ValidationError):
        begin_backfill(Backfill(schedule, NOW - minutes(60), NOW), reason=LONG, by=None, now=NOW)


def test_a_run_is_not_moved_into_the_past():
    with pytest.raises(ValidationError):
        asked(single.move_run, make(), FIRST, run_at=NOW - minutes(1))


def test_it_begins_with_its_first_moment_and_ends_with_its_rule():
    assert next_job(make(starts_at=FIRST + minutes(60))).nominal_at == FIRST + minutes(60)
    once = make("2030-01-01T12:05:00Z", dialect="once", name="once")
    finish(acquire(next_job(once), now=FIRST), now=FIRST)
    assert again(once).next_at is None


def test_a_run_in_closed_time_starts_at_the_next_opening(office):
    schedule = make("0 20 * * *", calendar=office, blackout=Blackout.NEXT)
    job = next_job(schedule)
    assert job.nominal_at == datetime(2030, 1, 1, 20, tzinfo=UTC) == job.asked_run_at
    assert job.run_at == datetime(2030, 1, 2, 9, tzinfo=UTC)


def test_a_run_of_a_calendar_that_never_opens_is_judged_at_its_time(office, monkeypatch):
    def never(*args, **kwargs):
        raise NeverOpen("It never opens.")

    monkeypatch.setattr(placement.blackouts, "place", never)
    job = next_job(make("0 20 * * *", calendar=office, blackout=Blackout.NEXT))
    assert (job.run_at, job.calendar) == (job.nominal_at, office)


def test_a_skip_of_a_time_that_passed_in_downtime_stands_beside_what_was_missed():
    schedule = make()
    asked(single.skip_run, schedule, THIRD, reason="holiday")
    sweep(LATE)
    rows = Occurrence.objects.filter(schedule=schedule).missed().order_by("nominal_at")
    assert [(row.nominal_at, row.count, row.cause) for row in rows] == [
        (SECOND, 1, Cause.DOWNTIME),
        (THIRD, 1, Cause.PERSON),
        (THIRD + minutes(5), 9, Cause.DOWNTIME),
    ]


def test_a_skip_of_the_first_run_after_a_pause():
    schedule = make()
    asked(single.skip_run, schedule, THIRD)
    definitions.pause_schedule(schedule.pk, until=THIRD, reason="", by=None, now=NOW)
    assert next_job(schedule).nominal_at == THIRD + minutes(5)


def test_nothing_is_undone_where_nothing_was_asked():
    schedule = make()
    assert asked(single.undo, schedule, THIRD).done
    assert accounted(schedule) == [(FIRST, 1, None)]


def test_arguments_of_a_run_that_has_started_stay():
    schedule = make(target="demo.sleep", payload={"seconds": 1})
    acquire(next_job(schedule), now=FIRST)
    answer = asked(single.give_arguments, schedule, FIRST, payload={"seconds": 2})
    assert (answer.done, "has left its line" in answer.why) == (False, True)


def test_arguments_that_are_the_same_change_nothing_and_a_held_run_stays_held():
    schedule = make(target="demo.sleep", payload={"seconds": 1})
    job = next_job(schedule)
    assert asked(single.give_arguments, schedule, FIRST, payload={"seconds": 1}).done
    assert next_job(schedule).version == job.version
    Job.objects.update(holds=Hold.QUEUE)
    assert asked(single.give_arguments, schedule, FIRST, payload={"seconds": 2}).done
    assert (next_job(schedule).held_by, next_job(schedule).payload) == (Hold.QUEUE, {"seconds": 2})


def forgotten(schedule):
    """By SQL: what comes next was forgotten."""
    Job.objects.all().delete()
    Occurrence.objects.all().delete()
    Schedule.objects.update(next_at=NOW, next_job_id=None, accounted_until=NOW, made=0)


def test_what_sql_has_forgotten_is_accounted_for_anew():
    schedule = make()
    forgotten(schedule)
    sweep(LATE)
    assert accounted(schedule)[0] == (FIRST, 12, Cause.DOWNTIME)
    assert next_job(schedule).nominal_at == FIRST + minutes(65)


def test_a_later_skip_is_written_though_what_came_before_was_forgotten():
    schedule = make()
    asked(single.skip_run, schedule, SECOND)
    forgotten(schedule)
    Schedule.objects.update(accounted_until=FIRST, next_at=FIRST)
    sweep(FIRST + seconds(1))
    assert accounted(schedule) == [(SECOND, 1, Cause.PERSON), (THIRD, 1, None)]


def test_what_is_right_is_not_put_right():
    schedule = make()
    assert sweeping.put_right([schedule.pk], now=NOW) == 0


def test_a_change_that_cannot_account_for_all_leaves_the_rest_to_the_leader(monkeypatch):
    monkeypatch.setattr(withdrawal, "MOST_TURNS", 1)
    monkeypatch.setattr(withdrawal, "AT_LEISURE", 20)
    schedule = make("* * * * *")
    definitions.change_schedule(schedule.pk, {"name": "another"}, by=None, now=NOW + minutes(180))
    assert definitions.next_words(again(schedule)).startswith("What has passed is being written down")


def test_a_run_that_is_taken_back_has_ended_for_those_that_wait_for_it(make_job):
    schedule = make()
    waiting = make_job(600, waits_for=[again(schedule).next_job_id])
    definitions.change_schedule(schedule.pk, {"expression": "1 * * * *"}, by=None, now=NOW)
    waiting.refresh_from_db()
    assert waiting.state == State.SKIPPED


def test_a_sweep_ends_after_so_many_transactions_and_goes_on_next_time(monkeypatch):
    for number in range(2):
        make(name=f"s{number}", overlap="queue")
    Job.objects.update(holds=Hold.APPROVAL)
    monkeypatch.setattr(service, "TRANSACTIONS", 1)
    monkeypatch.setattr(service, "AT_A_TIME", 1)
    look = Schedules()
    look(now=FIRST)
    assert Job.objects.pending().count() == 3
    look(now=FIRST)
    assert Job.objects.pending().count() == 4


def test_a_sweep_that_finds_all_locked_does_nothing(monkeypatch):
    make()
    monkeypatch.setattr(service, "catch_up_with", lambda ids, now: 0)
    assert Schedules()(now=FIRST) == 1


def test_a_sweep_that_loses_the_database_says_so(monkeypatch):
    def lost(ids, now):
        raise OperationalError("gone")

    make()
    monkeypatch.setattr(service, "catch_up_with", lost)
    with pytest.raises(OperationalError):
        Schedules()(now=FIRST)


def test_a_run_in_closed_time_that_is_to_be_skipped_is_judged_at_its_time(office):
    job = next_job(make("0 20 * * *", calendar=office))
    assert (job.run_at, job.nominal_at, job.calendar) == (job.nominal_at, job.asked_run_at or job.nominal_at, office)
    assert acquire(job, now=job.run_at) is None
    assert Occurrence.objects.missed().get().cause == Cause.CALENDAR


def test_a_change_of_one_whose_next_run_sql_has_deleted_makes_it_anew():
    schedule = make()
    Job.objects.all().delete()
    definitions.change_schedule(schedule.pk, {"queue": "q2"}, by=None, now=NOW)
    assert (next_job(schedule).nominal_at, next_job(schedule).queue) == (FIRST, "q2")
