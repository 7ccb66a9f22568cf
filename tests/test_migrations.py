"""Every migration goes up and down, and leaves nothing behind."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OURS = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "jobs")


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
        for name in [*reversed(OURS[:-1]), "zero"]:
            call_command("migrate", "jobs", name, verbosity=0)
        assert tables() == (set(), set())
    finally:
        call_command("migrate", "jobs", verbosity=0)
    assert tables() == before


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
