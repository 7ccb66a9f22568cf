"""Every migration goes up and down, and leaves nothing behind."""

from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from tests.early import early_database


def tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'jobs\\_%%'")
        found = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename LIKE 'jobs\\_%%'")
        indexes = {name for (name,) in cursor.fetchall()}
    return found, indexes


@pytest.mark.django_db(transaction=True)
def test_all_the_way_down_and_up_again():
    before = tables()
    try:
        call_command("migrate", "jobs", "zero", verbosity=0)
        assert not [name for app, name in MigrationRecorder(connection).applied_migrations() if app == "jobs"]
        assert tables() == (set(), set())
    finally:
        call_command("migrate", "jobs", verbosity=0)
    assert tables() == before


OLD_ROWS = """
INSERT INTO jobs_job (target, payload, run_at, state, attempt, max_attempts, rerunnable,
                      created_at, enqueued_at, locked_at, execute_at, finished_at)
VALUES ('x', '{}', '2026-01-01Z', 0, 0, 3, false, 'infinity', 'infinity', NULL, NULL, NULL),
       ('x', '{}', '2026-01-01Z', 1, 1, 3, false, '2026-01-01Z', '-infinity', 'infinity', NULL, NULL),
       ('x', '{}', '2026-01-01Z', 2, 1, 1, false, '2026-01-01Z', NULL, 'infinity', 'infinity', 'infinity'),
       ('x', '{}', '2026-01-01Z', 0, 0, 3, true, '2025-01-01Z', '2025-01-01Z', NULL, NULL, NULL)
"""


def columns(*names):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM jobs_job ORDER BY id")
        return cursor.fetchall()


@pytest.fixture
def early(django_db_setup, django_db_blocker):
    with early_database("0004", django_db_blocker):
        yield


@pytest.mark.django_db(transaction=True)
def test_each_migration_goes_back_from_where_it_stops(early):
    """An upgrade that stopped anywhere can be undone: what a way back needs is not left to that of the next."""
    names = sorted(name for app, name in MigrationExecutor(connection).loader.graph.nodes if app == "jobs")
    first = next(at for at, name in enumerate(names) if name.startswith("0004"))
    for before, name in pairwise(names[first:]):
        for goal in (name, before, name):
            MigrationExecutor(connection).migrate([("jobs", goal)])
    call_command("migrate", "jobs", "0004", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_rows_of_before_the_checks_are_repaired(early, monkeypatch):
    """One at a time, and all at once."""
    new_year, year_before = datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    moments = ("created_at", "enqueued_at", "locked_at", "execute_at", "finished_at")
    repaired = [
        (1, new_year, None, None, None, None),
        (1, new_year, None, new_year, None, None),
        (1, new_year, None, new_year, new_year, new_year),
        (3, year_before, year_before, None, None, None),
    ]
    for at_a_time in (1, 50_000):
        monkeypatch.setattr(import_module("jobs.migrations.0006_repair_and_validate"), "AT_A_TIME", at_a_time)
        call_command("migrate", "jobs", "0004", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM jobs_job; {OLD_ROWS}")
        call_command("migrate", "jobs", "0005", verbosity=0)
        with connection.cursor() as cursor:  # no list query fails from here on
            cursor.execute("UPDATE jobs_job SET deliveries = 1 WHERE state = ANY ('{0, 1}')")
            assert cursor.rowcount == 3
        call_command("migrate", "jobs", "0006", verbosity=0)
        assert columns("max_attempts", *moments) == repaired
    call_command("migrate", "jobs", verbosity=0)
    assert columns("max_attempts", *moments) == repaired
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'jobs_job'::regclass AND NOT convalidated")
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
