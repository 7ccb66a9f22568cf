"""What the stretches of time say is what the ledger says, whatever commits late, dies or is done by two at once."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, connections, transaction

from jobs.models import Team
from jobs.models.rollups import OTHER, adding
from jobs.models.rollups.digest import percentile
from tests.conftest import NOW, seconds
from tests.rollups.steps import add, ask, attempt_of, end, ended, figures, ledger, start

PATIENCE = 20  # seconds, for a thread


@pytest.fixture(autouse=True)
def _begun(transactional_db):
    """The first turn begins to count."""
    add()


@contextmanager
def another():
    """Another session of the database."""
    session = connections["default"].copy()
    session.inc_thread_sharing()
    try:
        yield session
    finally:
        session.close()


def said(session, sql, *values):
    with session.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


INSERT = """
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, started_at, finished_at, outcome)
VALUES (%s, %s, 'w1@host', gen_random_uuid(), gen_random_uuid(), %s, %s, %s, %s, 2) RETURNING id
"""


def test_what_has_ended_is_counted_once_in_each_step():
    for outcome in (2, 2, 3, 5):
        ended(outcome=outcome)
    assert add().ends == 4
    assert figures() == ledger() == (4, 2, 1, 1, 4, 4)
    assert add().ends == 0
    assert figures() == ledger()


def test_a_start_is_counted_when_it_is_seen_and_its_end_when_it_is_there():
    attempt = start()
    assert add().ends == 0
    assert figures() == (1, 0, 0, 0, 0, 0)
    add(NOW + seconds(10))
    end(attempt, took=15)
    assert add(NOW + seconds(20)).ends == 1
    assert add(NOW + seconds(30)).ends == 0
    assert figures() == ledger() == (1, 1, 0, 0, 1, 1)
    assert ask("SELECT * FROM jobs_rollupopen") == []


def test_each_is_in_the_stretch_of_its_own_time():
    ended(NOW, late=65, took=3600)
    add(NOW + seconds(3700))
    found = ask("SELECT at, starts, delays, completed, durations FROM jobs_rollup WHERE step = 10 ORDER BY at")
    tens = NOW - seconds(3)  # it is 3 s into one
    assert found == [
        (tens, 1, 0, 0, 0),
        (tens + seconds(60), 0, 1, 0, 0),
        (tens + seconds(3660), 0, 0, 1, 1),
    ]


def test_what_runs_when_it_begins_to_count_is_counted():
    attempt = start()
    ask("DELETE FROM jobs_rollupposition")
    add()
    end(attempt)
    add()
    assert figures() == ledger() == (1, 1, 0, 0, 1, 1)


def test_a_start_that_commits_after_later_ones_is_counted():
    early, late = start(), start()
    with another() as session:
        session.set_autocommit(False)
        number = said(session, INSERT, early.job_id, 2, NOW, NOW, NOW, NOW)[0][0]
        assert attempt_of(late.job, number=2).pk > number
        end(early)
        end(late)
        add()
        assert figures()[0] == 3
        add(NOW + seconds(3600))  # whatever time passes
        session.commit()
    assert add(NOW + seconds(3610)).ends == 1
    assert figures()[:2] == ledger()[:2] == (4, 3)
    add(NOW + seconds(3620))
    assert figures()[:2] == (4, 3)


def test_an_id_that_nobody_has_is_given_up_when_no_transaction_can_have_it():
    one = start()
    with another() as session:
        session.set_autocommit(False)
        said(session, INSERT, one.job_id, 2, NOW, NOW, NOW, NOW)
        attempt_of(one.job, number=3)
        add()
        add(NOW + seconds(120))
        missing = "SELECT count(*) FROM jobs_rollupopen WHERE series_id IS NULL"
        assert ask(missing) == [(1,)], "its transaction may still commit"
        session.rollback()
    add(NOW + seconds(59))
    assert ask(missing) == [(1,)]
    for more in range(300):  # a transaction of another test process keeps it for as long
        add(NOW + seconds(121 + more))
        if ask(missing) == [(0,)]:
            break
        time.sleep(0.1)
    assert ask(missing) == [(0,)]


def test_a_start_that_is_deleted_is_not_waited_for():
    attempt = start()
    add()
    attempt.delete()
    add()
    assert ask("SELECT * FROM jobs_rollupopen") == []


def test_who_dies_in_the_middle_has_added_nothing():
    ended()
    add()
    ended()
    running = start()
    with another() as holder, another() as victim:
        holder.set_autocommit(False)
        said(holder, "SELECT FROM jobs_rollup FOR UPDATE")
        (pid,) = said(victim, "SELECT pg_backend_pid()")[0]
        failed = []

        def die():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(adding, "connection", victim)
                try:
                    add()
                except DatabaseError as error:
                    failed.append(error)

        thread = threading.Thread(target=die)
        thread.start()
        waits = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"
        while said(connection, waits, pid) == [(0,)]:
            assert thread.is_alive()
        said(connection, "SELECT pg_terminate_backend(%s)", pid)
        thread.join(PATIENCE)
        assert failed
        holder.rollback()
    assert figures()[:2] == (1, 1)
    add()
    end(running)
    add()
    assert figures() == ledger() == (3, 3, 0, 0, 3, 3)


def test_two_at_once_count_once():
    ended()
    with transaction.atomic(), another() as other, pytest.MonkeyPatch.context() as patch:
        assert add().ends == 1
        patch.setattr(adding, "connection", other)
        assert add().ends == 0, "the other one waits for nobody"
        patch.undo()
    add()
    assert figures() == ledger() == (1, 1, 0, 0, 1, 1)


def test_who_has_looked_before_another_moved_the_position_counts_nothing(monkeypatch):
    """Its lock comes at the right time, its picture of the ledger is from before."""
    end(start())
    running = start()
    add()
    end(running)
    with another() as other, another() as watcher:
        (pid,) = said(other, "SELECT pg_backend_pid()")[0]
        found = []
        with transaction.atomic():
            assert add().ends == 1
            monkeypatch.setattr(adding, "ADD", adding.ADD.replace("SKIP LOCKED", ""))
            monkeypatch.setattr(adding, "connection", other)
            thread = threading.Thread(target=lambda: found.append(add()))
            thread.start()
            while said(watcher, "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", pid) == [(0,)]:
                assert thread.is_alive()
        thread.join(PATIENCE)
    assert found[0].ends == 0
    assert figures() == ledger() == (2, 2, 0, 0, 2, 2)


def test_what_is_too_much_for_one_turn_comes_with_the_next():
    for _ in range(5):
        ended()
    turns = [add(limit=2) for _ in range(3)]
    assert [(turn.ends, turn.more) for turn in turns] == [(2, True), (2, True), (1, False)]
    assert figures() == ledger()


def test_series_are_bounded_and_the_rest_is_one(monkeypatch):
    monkeypatch.setattr(adding, "MOST_SERIES", 2)
    for name in ("a", "b", "c", "d"):
        ended(queue=name)
    add()
    ended(queue="a")
    add()
    found = ask(
        "SELECT queue, r.series_id, starts FROM jobs_rollup r LEFT JOIN jobs_series s ON s.id = series_id WHERE step = 10"
    )
    assert sorted((queue or "", starts) for queue, _, starts in found) == [("", 2), ("a", 2), ("b", 1)]
    assert {series for queue, series, _ in found if queue is None} == {OTHER}
    assert figures() == ledger()


def test_a_team_has_series_of_its_own_and_another_label_has_none():
    Team.objects.create(name="payroll")
    ended(labels={"team": "payroll"})
    ended(labels={"team": "nobody"})
    ended()
    add()
    found = ask("SELECT team, starts FROM jobs_rollup JOIN jobs_series ON id = series_id WHERE step = 60 ORDER BY team")
    assert found == [("", 2), ("payroll", 1)]


def test_digests_of_short_stretches_merge_to_that_of_the_long_one():
    delays = [0.0, 0.0002, 0.0004, 0.001, 0.003, 0.02, 0.5, 4.0, 40.0, 4000.0]
    for turn, late in enumerate(delays):
        ended(NOW + seconds(7 * turn), late=late)
        add(NOW + seconds(7 * turn))
    tens = ask("SELECT delay_digest FROM jobs_rollup WHERE step = 10")
    merged: dict[int, int] = {}
    for (digest,) in tens:
        for place, count in digest:
            merged[place] = merged.get(place, 0) + count
    hours = ask("SELECT delay_digest FROM jobs_rollup WHERE step = 3600 AND delays > 0")
    together: dict[int, int] = {}
    for (digest,) in hours:
        for place, count in digest:
            together[place] = together.get(place, 0) + count
    assert merged == together
    assert sum(merged.values()) == len(delays)
    for share, true in ((0.3, 0.4), (0.5, 3.0), (0.9, 40_000.0), (1.0, 4_000_000.0)):
        found = percentile(merged.items(), share, 4_000_000.0)
        assert found == pytest.approx(true, rel=0.11)


@pytest.mark.parametrize("column", ["run_at", "locked_at", "started_at", "finished_at"])
@pytest.mark.parametrize("value", ["infinity", "-infinity", "4000-01-01", "0044-03-15 BC"])
def test_a_time_that_sql_has_made_up_stops_nothing(column, value):
    attempt = ended()
    ask(f"UPDATE jobs_attempt SET {column} = %s WHERE id = %s", value, attempt.pk)
    ended()
    assert add().ends == 2
    assert figures()[0] == (1 if column == "locked_at" else 2)


def test_a_turn_is_one_statement(django_assert_num_queries):
    ended()
    with django_assert_num_queries(1):
        add()
    with django_assert_num_queries(1):
        add()


def test_neither_the_jobs_nor_the_ledger_is_read_through():
    ask(
        "INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at, execute_at, finished_at) "
        "SELECT 'demo.noop', '{}', %s, 2, 1, %s, %s, %s FROM generate_series(1, 20000)",
        *[NOW] * 4,
    )
    ask(
        "INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, finished_at, outcome) "
        "SELECT id, 1, 'w', gen_random_uuid(), gen_random_uuid(), run_at, run_at, run_at, 2 FROM jobs_job"
    )
    ask("ANALYZE jobs_job, jobs_attempt")
    while add().more:
        pass
    ended()
    plan = []
    with connection.execute_wrapper(
        lambda run, sql, values, many, context: plan.append((sql, values)) or run(sql, values, many, context)
    ):
        add()
    (sql, values), *_ = plan
    lines = [line for (line,) in ask_dict(f"EXPLAIN {sql}", values)]
    assert any("jobs_attempt" in line for line in lines)
    assert not [line for line in lines if "Seq Scan on jobs_attempt" in line or "Seq Scan on jobs_job" in line]


def ask_dict(sql, values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
