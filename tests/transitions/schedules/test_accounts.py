"""What is accounted for stays so, once, whatever people change meanwhile: pauses, edits and skips one after another."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from jobs.models import Job, Occurrence
from jobs.states import CatchUp, Cause, State
from jobs.transitions.schedules import definitions, single, succession, withdrawal
from jobs.transitions.schedules.definitions import change_schedule, pause_schedule, resume_schedule
from jobs.transitions.schedules.sweeping import put_right
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, again, finish, make, minutes, next_job, sweep, total

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)  # of */5 after NOW, which is 12:00:03
SECOND, THIRD, FOURTH = (FIRST + minutes(5 * n) for n in (1, 2, 3))


def pause(schedule, *, now=NOW, until=None):
    return pause_schedule(schedule.pk, until=until, reason="stocktaking", by=None, now=now)


def skip(schedule, at, *, now=NOW):
    return single.skip_run(schedule.pk, at, reason="why", by=None, now=now)


def edit(schedule, *, now=NOW, **fields):
    return change_schedule(schedule.pk, fields, by=None, now=now)


def start(schedule, at):
    finish(acquire(next_job(schedule), now=at), now=at)


def test_a_skip_before_a_pause_is_written_once_when_the_pause_is_over():
    schedule = make()
    skip(schedule, FIRST)
    pause(schedule, until=THIRD)
    sweep(THIRD)
    assert accounted(schedule) == [
        (FIRST, 1, Cause.PERSON),
        (SECOND, 1, Cause.PAUSED),
        (THIRD, 1, None),
        (FOURTH, 1, None),
    ]


def test_edits_in_a_pause_count_no_run_less():
    schedule = make(most_runs=6)
    for at in (FIRST, SECOND):
        start(schedule, at)
    pause(schedule, now=SECOND + seconds(1), until=FOURTH)
    for queue in ("a", "b"):
        edit(schedule, now=SECOND + seconds(2), queue=queue)
    for n in range(3):
        start(schedule, FOURTH + minutes(5 * n))
    assert (again(schedule).next_at, total(schedule)) == (None, 6)


def test_an_edit_counts_no_skipped_run_twice():
    schedule = make(most_runs=2)
    skip(schedule, FIRST)
    edit(schedule, queue="a")
    assert again(schedule).next_at == SECOND


def test_skips_of_one_reason_are_accounted_for_once_after_an_edit():
    schedule = make()
    skip(schedule, SECOND)
    skip(schedule, THIRD)
    start(schedule, FIRST)
    edit(schedule, now=FIRST + seconds(1), queue="a")
    assert (next_job(schedule).nominal_at, total(schedule)) == (FOURTH, 4)


def test_a_skip_stays_alone_when_the_schedule_starts_more_often():
    schedule = make()
    skip(schedule, SECOND)
    start(schedule, FIRST)
    edit(schedule, now=FIRST + seconds(1), expression="* * * * *")
    for n in range(1, 5):
        start(schedule, FIRST + minutes(n))
    assert next_job(schedule).nominal_at == SECOND + minutes(1)


def test_a_pause_that_is_resumed_after_its_next_run_was_started_now_costs_no_run():
    schedule = make()
    pause(schedule, until=THIRD)
    single.run_now(schedule.pk, THIRD, reason="", by=None, now=NOW)
    start(schedule, NOW)
    resume_schedule(schedule.pk, by=None, now=NOW + seconds(1))
    assert next_job(schedule).nominal_at == FIRST
    assert not Occurrence.objects.missed().exists()


def test_an_edit_after_the_last_run_was_started_ahead_of_its_time_plans_from_now():
    schedule = make("0 0 1 1 *", most_runs=1)
    single.run_now(schedule.pk, again(schedule).next_at, reason="", by=None, now=NOW)
    start(schedule, NOW)
    edit(schedule, now=NOW + seconds(1), expression="*/5 * * * *", most_runs=None)
    assert next_job(schedule).nominal_at == FIRST


def test_a_later_skip_that_is_written_down_is_undone():
    schedule = make()
    skip(schedule, SECOND)
    start(schedule, FIRST)
    assert next_job(schedule).nominal_at == THIRD
    assert single.undo(schedule.pk, SECOND, reason="", by=None, now=FIRST + seconds(1)).done
    assert next_job(schedule).nominal_at == SECOND
    assert accounted(schedule) == [(FIRST, 1, None), (SECOND, 1, None)]


def test_a_cancelled_run_that_sql_has_deleted_is_followed_by_the_next():
    schedule = make()
    Occurrence.objects.update(cause=Cause.PERSON)
    Job.objects.filter(pk=next_job(schedule).pk).delete()
    with transaction.atomic():
        put_right([schedule.pk], now=NOW)
    assert next_job(schedule).nominal_at == SECOND


def test_what_passed_in_a_pause_is_what_the_schedule_said_then():
    schedule = make()
    pause(schedule)
    edit(schedule, now=THIRD + seconds(1), expression="1 * * * *")
    resume_schedule(schedule.pk, by=None, now=FOURTH + seconds(1))
    assert accounted(schedule) == [(FIRST, 3, Cause.PAUSED), (datetime(2030, 1, 1, 13, 1, tzinfo=UTC), 1, None)]


def test_what_passed_before_an_edit_is_what_the_schedule_said_then():
    schedule = make()
    edit(schedule, now=FOURTH + seconds(30), expression="* * * * *")
    assert accounted(schedule) == [
        (FIRST, 1, None),
        (SECOND, 2, Cause.DOWNTIME),
        (FOURTH, 1, None),
        (FOURTH + minutes(1), 1, None),
    ]


def test_a_pause_after_another_keeps_what_the_first_has_covered():
    schedule = make()
    pause(schedule, until=SECOND)
    pause(schedule, now=SECOND - seconds(1), until=FOURTH)
    start(schedule, FOURTH)
    assert accounted(schedule)[:2] == [(FIRST, 3, Cause.PAUSED), (FOURTH, 1, None)], "one cause is one row"
    assert Job.objects.filter(schedule=schedule).count() == 2


def test_many_times_in_which_it_was_off_are_none_to_catch_up_with(monkeypatch):
    """More than one turn looks at."""
    monkeypatch.setattr(withdrawal, "AT_LEISURE", 20)
    schedule = make("* * * * *", enabled=False, catch_up=CatchUp.ALL)
    edit(schedule, now=NOW + minutes(60), enabled=True)
    start, next_at = NOW.replace(second=0) + minutes(1), NOW.replace(second=0) + minutes(61)
    assert accounted(schedule) == [(start, 60, Cause.DISABLED), (next_at, 1, None)]


def test_more_than_all_turns_look_at_was_still_off_and_never_starts(monkeypatch):
    """A week of every second, say: what was not looked at was taken for downtime, and its last minute started."""
    monkeypatch.setattr(withdrawal, "AT_LEISURE", 20)
    monkeypatch.setattr(withdrawal, "MOST_TURNS", 2)
    schedule = make("* * * * *", enabled=False, catch_up=CatchUp.ALL, starts_at=NOW)
    now = NOW.replace(second=0) + minutes(180)
    edit(schedule, now=now + seconds(5), enabled=True)
    found = accounted(schedule)
    assert {cause for _, _, cause in found[:-1]} == {Cause.DISABLED}
    assert found[-1] == (now + minutes(1), 1, None)
    assert total(schedule) == 180 + 1
    assert Job.objects.filter(schedule=schedule).count() == 1


def test_what_has_a_job_is_kept_where_all_turns_are_over(monkeypatch):
    monkeypatch.setattr(withdrawal, "AT_LEISURE", 5)
    monkeypatch.setattr(withdrawal, "MOST_TURNS", 0)
    schedule = make()
    job = next_job(schedule)
    pause(schedule, now=FIRST + seconds(1))
    definitions.resume_schedule(schedule.pk, by=None, now=FOURTH + seconds(1))
    assert accounted(schedule)[0] == (FIRST, 1, None)
    assert accounted(schedule)[1] == (SECOND, 3, Cause.PAUSED)
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_a_long_history_is_not_read_for_what_comes_next():
    """The statement is planned by the index up to the moment, whatever the table holds."""
    schedule = make()
    asked = [[schedule.pk], [schedule.accounted_until]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is read whole, whatever the statement asks
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {succession.KNOWN}", asked)
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "nominal_at > asked.moment" in plan.partition("Index Cond")[2].partition(")  ")[0]
