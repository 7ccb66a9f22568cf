"""A role that may put jobs into the table, and nothing else, as its own session finds it."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.errors import InsufficientPrivilege

from jobs.management.commands.grant_insert import COLUMNS
from jobs.models import Job
from jobs.states import State

TRUST = (settings.BASE_DIR / "docs" / "trust.md").read_text()
ROLE, PASSWORD = 'runat-test "shop"', "only for this test"
QUOTED = '"runat-test ""shop"""'
INSERT = "INSERT INTO jobs_job ({}) VALUES ({})"
GRANTED = {
    "name": "'invoices'",
    "target": "'demo.noop'",
    "payload": "'{}'",
    "queue": "'slow'",
    "run_at": "now()",
    "traceparent": "'00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'",
}


@pytest.fixture
def shop(transactional_db, capsys):
    """A session of the role."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {QUOTED} LOGIN PASSWORD %s", [PASSWORD])
    call_command("grant_insert", ROLE, "--apply")
    where = connection.settings_dict
    opened = psycopg.connect(
        host=where["HOST"], port=where["PORT"], dbname=where["NAME"], user=ROLE, password=PASSWORD, autocommit=True
    )
    yield opened
    opened.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {QUOTED}")
        cursor.execute(f"DROP ROLE {QUOTED}")


def test_it_inserts_jobs_and_may_do_nothing_else(shop):
    assert set(GRANTED) == set(COLUMNS)
    shop.execute(INSERT.format(", ".join(GRANTED), ", ".join(GRANTED.values())))
    shop.execute("INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', now())")
    assert sorted(Job.objects.values_list("name", "queue", "state")) == [
        ("", "default", State.PENDING),
        ("invoices", "slow", State.PENDING),
    ]
    others = [field.column for field in Job._meta.concrete_fields if field.column not in COLUMNS]
    refused = [
        INSERT.format(f'target, payload, run_at, "{name}"', "'demo.noop', '{}', now(), DEFAULT") for name in others
    ]
    refused += ["INSERT INTO jobs_job (target, payload, run_at) VALUES ('x', '{}', now()) RETURNING id"]
    refused += [
        "UPDATE jobs_job SET name = 'x'",
        "DELETE FROM jobs_job",
        "TRUNCATE jobs_job",
        "DO $$ BEGIN LOCK jobs_job; END $$",
    ]
    for model in apps.get_models():
        refused.append(f'SELECT FROM "{model._meta.db_table}"')
        if model is not Job:
            refused.append(f'INSERT INTO "{model._meta.db_table}" DEFAULT VALUES')
    refused += ["CREATE TABLE mine (x int)", "COPY jobs_job TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')"]
    done = []
    for statement in refused:
        try:
            shop.execute(statement)
        except InsufficientPrivilege:
            continue
        except psycopg.Error as error:
            done.append((statement, str(error)))
        else:
            done.append((statement, "done"))
    assert done == []


@pytest.mark.django_db
def test_without_apply_it_only_says_what_it_would_do(capsys):
    call_command("grant_insert", connection.settings_dict["USER"])
    said = capsys.readouterr().out
    assert (
        'GRANT INSERT ("name", "target", "payload", "queue", "run_at", "traceparent") ON public."jobs_job" TO "' in said
    )
    assert "Done" not in said


@pytest.mark.django_db
def test_a_role_that_is_not_there_is_said():
    with pytest.raises(CommandError, match="There is no role 'nobody-here'"):
        call_command("grant_insert", "nobody-here")


def test_the_docs_say_what_is_granted():
    assert f"GRANT INSERT ({', '.join(COLUMNS)}) ON public.jobs_job TO shop;" in TRUST
    assert len(COLUMNS) == 6
    assert "(six columns, [below]" in TRUST
    assert "labels" not in COLUMNS
    assert "`labels` is not among them" in TRUST
