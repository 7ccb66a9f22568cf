"""0029: one audit, in which that of limits is; the release before reads and writes its own while it runs beside this."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from jobs.clock import clock
from jobs.models import Audit, Job
from jobs.models.audit import STAYS_FOR
from jobs.settings_table import BY_NAME
from jobs.states import State
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = "kind, name, verb, by_id, reason, at, values"
ITS_INSERT = f"""
INSERT INTO jobs_limitaudit ({COLUMNS}) VALUES ('queue', 'mail', 'limit', %s, 'too many', %s, '{{"concurrency": 2}}')
RETURNING id
"""


@pytest.fixture(autouse=True)
def _as_it_is_today():
    yield
    call_command("migrate", "jobs", verbosity=0)


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


def rows():
    """All but what migrations have written of the rights of roles."""
    written = Audit.objects.exclude(subject="group")
    return list(written.values_list("subject", "name", "job_id", "verb", "by__username", "reason", "at", "after"))


def test_the_audit_of_limits_joins_and_goes_back():
    ada = User.objects.create_user("ada")
    job = Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    states = {"from_state": State.PENDING, "to_state": State.CANCELLED}
    Audit.objects.create(job=job, verb="cancel", at=NOW, by=ada, **states)
    call_command("migrate", "jobs", "0028", verbosity=0)
    ask(ITS_INSERT, ada.pk, NOW)
    call_command("migrate", "jobs", verbosity=0)
    of_the_limit = ("queue", "mail", None, "limit", "ada", "too many", NOW, {"concurrency": 2})
    assert rows() == [("job", "", job.pk, "cancel", "ada", "", NOW, None), of_the_limit]
    call_command("migrate", "jobs", "0028", verbosity=0)
    assert ask("SELECT name, verb, reason FROM jobs_limitaudit") == [("mail", "limit", "too many")]
    assert ask("SELECT job_id, verb, from_state, to_state FROM jobs_audit") == [(job.pk, "cancel", 0, 4)]


def test_the_release_before_reads_and_writes_it():
    ada = User.objects.create_user("ada")
    Audit.objects.note("queue", "mail", by=ada, now=NOW, verb="pause", before=None, after={"burst": 1})
    Audit.objects.note("trigger", "books", by=ada, now=NOW, before=None, after={"name": "books"})
    ask(ITS_INSERT, ada.pk, NOW)
    assert [row[:2] for row in rows()] == [("queue", "mail"), ("trigger", "books"), ("queue", "mail")]
    assert ask("SELECT name, verb FROM jobs_limitaudit ORDER BY id") == [("mail", "pause"), ("mail", "limit")]


def test_its_rows_stay_as_they_were_written_and_say_who_it_was():
    ada = User.objects.create_user("ada")
    Audit.objects.note("queue", "mail", by=ada, now=clock.now(), verb="pause", before=None, after={"burst": 1})
    for change in (
        lambda: Audit.objects.update(reason="another"),
        lambda: Audit.objects.update(by=None, reason="another"),
        lambda: Audit.objects.all().delete(),
        lambda: ask("TRUNCATE jobs_audit"),
    ):
        with pytest.raises(IntegrityError, match="jobs_audit_stays"), transaction.atomic():
            change()
    ada.delete()
    row = Audit.objects.get()
    assert (row.by_id, row.who, row.reason) == (None, "ada", "")


def test_what_is_old_may_be_deleted():
    for days in (STAYS_FOR - 1, STAYS_FOR + 1):
        at = clock.now() - timedelta(days=days)
        Audit.objects.note("queue", f"{days}", by=None, now=at, verb="pause", before=None, after={})
    assert Audit.objects.filter(name=f"{STAYS_FOR + 1}").delete()[0] == 1
    with pytest.raises(IntegrityError, match="jobs_audit_stays"), transaction.atomic():
        Audit.objects.all().delete()
    assert BY_NAME["JOBS_KEEP_AUDIT"].low > STAYS_FOR


def test_rows_of_before_are_named():
    ada = User.objects.create_user("ada")
    call_command("migrate", "jobs", "0054", verbosity=0)
    ask("INSERT INTO jobs_audit (subject, name, verb, by_id, at) VALUES ('queue', 'mail', 'pause', %s, now())", ada.pk)
    call_command("migrate", "jobs", verbosity=0)
    assert ask("SELECT by_name FROM jobs_audit") == [("ada",)]


def test_one_that_a_process_of_the_release_before_has_written_is_named_by_its_account():
    ada = User.objects.create_user("ada")
    row = Audit.objects.create(subject="queue", name="mail", verb="pause", by=ada, at=NOW)
    assert row.who == "ada"


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "job", "verb": "cancel"},  # of no job
        {"subject": "job", "verb": "cancel", "job_id": 7},  # which became what?
        {"subject": "trigger", "name": "books", "verb": "change", "job_id": 7},
        {"subject": "trigger", "name": "books", "verb": "polish"},
    ],
)
def test_the_table_refuses_what_is_of_nothing(wrong):
    with pytest.raises(IntegrityError, match="jobs_audit_"), transaction.atomic():
        Audit.objects.create(at=NOW, **wrong)
