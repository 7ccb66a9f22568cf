"""0029: the audit of limits joins that of jobs, and goes back. 0056: rows of before say who it was."""

import pytest
from django.contrib.auth.models import User

from tests.conftest import NOW
from tests.early import early_database
from tests.migrations.steps import ask, to

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, JOINED, UNNAMED, NAMED = "0028", "0030", "0054", "0056"
ITS_JOB = "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', %s) RETURNING id"
OF_THE_JOB = "INSERT INTO jobs_audit (job_id, verb, by_id, reason, at, from_state, to_state) VALUES (%s, 'cancel', %s, '', %s, 0, 4)"
OF_THE_LIMIT = """
INSERT INTO jobs_limitaudit (kind, name, verb, by_id, reason, at, values)
VALUES ('queue', 'mail', 'limit', %s, 'too many', %s, '{"concurrency": 2}')
"""
ROWS = "SELECT subject, name, job_id, verb, by_id, reason, at, after::text FROM jobs_audit ORDER BY id"


@pytest.fixture(scope="module", autouse=True)
def _early(django_db_setup, django_db_blocker):
    with early_database(BEFORE, django_db_blocker):
        yield


def test_the_audit_of_limits_joins_and_goes_back():
    ada = User.objects.create_user("ada").pk
    ((job,),) = ask(ITS_JOB, NOW)
    ask(OF_THE_JOB, job, ada, NOW)
    ask(OF_THE_LIMIT, ada, NOW)
    to(JOINED)
    of_the_limit = ("queue", "mail", None, "limit", ada, "too many", NOW, '{"concurrency": 2}')
    assert ask(ROWS) == [("job", "", job, "cancel", ada, "", NOW, None), of_the_limit]
    to(BEFORE)
    assert ask("SELECT name, verb, reason FROM jobs_limitaudit") == [("mail", "limit", "too many")]
    assert ask("SELECT job_id, verb, from_state, to_state FROM jobs_audit") == [(job, "cancel", 0, 4)]


def test_rows_of_before_are_named():
    ada = User.objects.create_user("ada").pk
    to(UNNAMED)
    ask("INSERT INTO jobs_audit (subject, name, verb, by_id, at) VALUES ('queue', 'mail', 'pause', %s, now())", ada)
    to(NAMED)
    assert ask("SELECT by_name FROM jobs_audit WHERE subject = 'queue'") == [("ada",)]
