"""Jobs that are over leave their table, whole, when nothing needs them there."""

from datetime import date, timedelta

import pytest
from django.db import connection

from jobs import failpoints, transitions
from jobs.models import Attempt, Batch, Dependency, Installation, Job, Worker
from jobs.models.history import COLUMNS, find
from jobs.scheduler import history as service
from jobs.states import State
from jobs.transitions.history import bring_back
from tests.conftest import NOW
from tests.history.steps import history, hot, move
from tests.transitions.steps import acquire, in_state

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def row(job_id, table="jobs_job"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM {table} WHERE id = %s", [job_id])
        return cursor.fetchone()


def starts(job_id):
    return list(Attempt.objects.filter(job_id=job_id).values().order_by("number"))


# --- what moves


def test_a_job_that_ended_long_enough_ago_goes_with_all_that_it_has(over, latest):
    job = over(2.1, name="report", labels={"team": "payroll"}, key="k")
    before, ledger = row(job.pk), starts(job.pk)
    recent = latest()
    assert move() == service.LOOK_EVERY
    assert (hot(), history()) == ([recent.pk], [job.pk])
    assert row(job.pk, "jobs_history") == before
    assert not Attempt.objects.filter(job_id=job.pk).exists()
    found = find(job.pk)
    assert [vars(start) for start in found.attempts.all()] != []
    assert [{name: getattr(start, name) for name in ledger[0]} for start in found.attempts.all()] == ledger


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.SKIPPED])
def test_so_does_one_that_ended_otherwise(over, latest, state):
    job = over(3, state)
    latest()
    move()
    assert history("id", "state") == [(job.pk, state)]


def test_one_that_ended_later_stays(over, latest):
    job = over(1.9)
    latest()
    move()
    assert job.pk in hot()


@pytest.mark.parametrize("state", [State.PENDING, State.RUNNING])
def test_one_that_has_not_ended_stays(make_job, state):
    job = in_state(make_job, state)
    move(NOW + timedelta(days=1000))
    assert hot() == [job.pk]


def test_an_interrupted_one_waits_for_a_person_until_its_days_are_over(over, latest):
    job = over(178, State.INTERRUPTED)
    latest()
    move()
    assert job.pk in hot()
    move(NOW + timedelta(days=1))
    assert history("id", "remove_on") == [(job.pk, date(2030, 1, 3))]


def test_the_job_of_the_latest_start_stays(over):
    """By its row the leader knows how far the ledger has come."""
    job = over(300)
    move()
    assert hot() == [job.pk]


def test_a_request_is_known_by_its_key_for_a_week(over, latest):
    young = over(5, idempotency_key="a", created=NOW - timedelta(days=6.9))
    old = over(5, idempotency_key="b", created=NOW - timedelta(days=7.1))
    latest()
    move()
    assert history() == [old.pk]
    assert young.pk in hot()


@pytest.fixture
def ended_by_sql(over, latest):
    """A job that SQL has ended, so that its start is open."""
    job = over(3)
    Attempt.objects.filter(job=job).update(outcome=None, finished_at=None)
    latest()
    return job


@pytest.fixture
def its_worker(ended_by_sql):
    session = Attempt.objects.get(job=ended_by_sql).session
    return Worker.objects.create(session=session, name="w", pid=1, pool="thread", slots=5)


def test_a_start_that_nobody_has_settled_keeps_its_job(ended_by_sql, its_worker):
    move()
    assert ended_by_sql.pk in hot()


def test_it_is_settled_when_its_worker_is_gone(ended_by_sql, its_worker):
    Worker.objects.update(gone_at=NOW)
    move()
    (start,) = find(ended_by_sql.pk).attempts.all()
    assert (start.outcome, start.finished_at, start.error) == (State.INTERRUPTED, NOW, "Its job had ended before it.")


def test_what_its_worker_has_said_of_it_stays(ended_by_sql):
    Attempt.objects.filter(job=ended_by_sql).update(error="Ended as completed, when it no longer held the job.")
    move()
    (start,) = find(ended_by_sql.pk).attempts.all()
    assert start.error.startswith("Ended as completed")


# --- what is needed stays


def test_what_somebody_waits_for_stays_until_that_is_over(over, make_job, latest):
    first, other = over(3), in_state(make_job, State.RUNNING)
    waiting = make_job(waits_for=[first.pk, other.pk])
    latest()
    move()
    assert first.pk in hot()
    transitions.cancel(waiting.pk, now=NOW, reason="")
    move()
    assert history("id", "dependents") == [(first.pk, [waiting.pk])]
    assert not Dependency.objects.filter(waits_for_id=first.pk).exists()


def test_what_goes_together_keeps_both_ends(over, latest):
    first = over(3)
    second = over(3, waits_for=[first.pk])
    latest()
    move()
    assert history("id", "waits_for", "dependents") == [(first.pk, [], [second.pk]), (second.pk, [first.pk], [])]


def test_a_batch_stays_while_a_job_of_it_has_not_ended(over, make_job, latest):
    batch = Batch.objects.create(name="books")
    job, last = over(3), make_job()
    Job.objects.filter(pk__in=[job.pk, last.pk]).update(batch=batch)
    latest()
    move()
    assert job.pk in hot()
    transitions.cancel(last.pk, now=NOW, reason="")
    move()
    assert history() == [job.pk]


def test_the_last_job_of_a_batch_can_go(over, latest):
    job = over(3)
    batch = Batch.objects.create(name="books", callback=job)
    latest()
    move()
    batch.refresh_from_db()
    assert (history(), batch.callback_id) == ([job.pk], job.pk)


# --- the switch


@pytest.mark.parametrize("row", [{"retention_on_at": None}, {"held_at": NOW}])
def test_nothing_moves_where_it_is_off_or_the_database_was_restored(over, latest, row, django_assert_num_queries):
    job = over(300)
    latest()
    Installation.objects.update(**row)
    with django_assert_num_queries(1):
        assert move() == service.LOOK_EVERY
    assert job.pk in hot()


def test_with_nothing_to_move_it_costs_one_statement(latest, django_assert_num_queries):
    latest()
    one = service.Moving()
    with django_assert_num_queries(1):
        assert one(now=NOW) == service.LOOK_EVERY


# --- a part at a time


def test_what_may_not_go_is_passed_by_and_looked_at_again_the_next_day(over, latest, monkeypatch):
    monkeypatch.setattr(service, "AT_A_TIME", 2)
    stay = [over(6, idempotency_key=str(n), created=NOW - timedelta(days=6)) for n in range(3)]
    go = [over(4) for _ in range(3)]
    latest()
    one = service.Moving()
    assert one(now=NOW) == service.LOOK_EVERY
    assert history() == [job.pk for job in go]
    one(now=NOW + timedelta(hours=23.9))
    assert len(history()) == 3
    one(now=NOW + timedelta(hours=25))
    assert history() == sorted(job.pk for job in [*stay, *go])


def test_a_call_that_runs_out_of_time_says_so_and_the_next_goes_on(over, latest, monkeypatch):
    monkeypatch.setattr(service, "AT_A_TIME", 2)
    jobs = [over(4) for _ in range(5)]
    latest()
    one = service.Moving()
    assert one(now=NOW, seconds=0) == 0.0
    assert len(history()) == 2
    assert one(now=NOW, seconds=0) == 0.0
    assert one(now=NOW, seconds=0) == service.LOOK_EVERY
    assert history() == [job.pk for job in jobs]


# --- nothing is lost


def test_who_dies_in_the_middle_has_moved_nothing(over, latest, tmp_path, monkeypatch):
    job = over(3)
    latest()
    ledger = starts(job.pk)
    monkeypatch.setattr(failpoints, "_folder", str(tmp_path))
    (tmp_path / "in-move").write_text("raise")
    with pytest.raises(failpoints.FailpointReached):
        move()
    assert history() == []
    assert starts(job.pk) == ledger
    move()
    assert history() == [job.pk]


def test_back_it_is_as_it_was(over, latest):
    first = over(3)
    job = over(3, waits_for=[first.pk], idempotency_key="k", created=NOW - timedelta(days=8))
    latest()
    before, ledger = row(job.pk), starts(job.pk)
    move()
    assert sorted(bring_back([first.pk, job.pk])) == [first.pk, job.pk]
    assert history() == []
    key = {COLUMNS.index("idempotency_key"), COLUMNS.index("idempotency_digest")}
    assert [one for n, one in enumerate(row(job.pk)) if n not in key] == [
        one for n, one in enumerate(before) if n not in key
    ]
    assert starts(job.pk) == ledger
    assert list(Dependency.objects.values_list("job_id", "waits_for_id")) == [(job.pk, first.pk)]


def test_what_has_not_come_back_is_not_waited_for(over, latest):
    first = over(3)
    job = over(3, waits_for=[first.pk])
    latest()
    move()
    assert bring_back([job.pk]) == [job.pk]
    assert not Dependency.objects.exists()


def test_one_that_is_in_neither_table_does_not_come_back():
    assert bring_back([7]) == []


def test_the_next_start_gets_a_number_of_its_own(over, latest, make_job):
    job = over(3, State.FAILED)
    latest()
    move()
    bring_back([job.pk])
    transitions.retry(job.pk, now=NOW)
    assert acquire(Job.objects.get(pk=job.pk), due_before=NOW + HOUR) is not None
    assert [start["number"] for start in starts(job.pk)] == [1, 2]


def test_the_history_has_the_columns_of_the_jobs():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_name IN ('jobs_job', 'jobs_history', 'jobs_all')"
        )
        found = cursor.fetchall()
    jobs = {row[1:] for row in found if row[0] == "jobs_job"}
    assert jobs
    for table in ("jobs_history", "jobs_all"):
        assert jobs <= {row[1:] for row in found if row[0] == table}, table
