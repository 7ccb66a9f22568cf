"""0029: one audit, in which that of limits is; the release before reads and writes its own while it runs beside this."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from jobs.clock import clock
from jobs.models import Audit
from jobs.models.audit import STAYS_FOR
from jobs.settings_table import BY_NAME
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = "kind, name, verb, by_id, reason, at, values"
ITS_INSERT = f"""
INSERT INTO jobs_limitaudit ({COLUMNS}) VALUES ('queue', 'mail', 'limit', %s, 'too many', %s, '{{"concurrency": 2}}')
RETURNING id
"""


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


def rows():
    """All but what migrations have written of the rights of roles."""
    written = Audit.objects.exclude(subject="group")
    return list(written.values_list("subject", "name", "job_id", "verb", "by__username", "reason", "at", "after"))


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
