"""The way back loses nothing. (Who has it on after the way up: tests/migrations/test_history.py.)"""

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.utils import InternalError

from jobs.models import Batch
from jobs.transitions import keeping, retention
from jobs.transitions.redaction import redact
from tests.conftest import NOW
from tests.history.steps import history, move

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = "0045"


def migrate(*to):
    call_command("migrate", "jobs", *to, verbosity=0)


@pytest.fixture(autouse=True)
def _as_it_is_today(_on):
    yield
    migrate()


def test_the_way_back_is_refused_while_there_is_a_history_and_free_after_it_was_brought_back(over, latest):
    job, last = over(3), over(3)
    Batch.objects.create(callback=last)
    latest()
    keeping.keep(job.pk, now=NOW, reason="x")
    move()
    with pytest.raises((InternalError, ProgrammingError), match="jobs_history has rows"):
        migrate(BEFORE)
    migrate()
    assert history() == [job.pk, last.pk]
    retention.bring_all_back()
    migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT verb FROM jobs_audit WHERE job_id IS NOT NULL")  # roles have theirs
        assert cursor.fetchall() == [("change",)]
        cursor.execute("SELECT id FROM jobs_job WHERE id = %s", [job.pk])
        assert cursor.fetchone() == (job.pk,)
    migrate()
    assert Batch.objects.get().callback_id == last.pk


def test_the_way_back_is_refused_while_a_job_is_redacted_which_the_release_before_would_start_again(over):
    redact(over(3).pk, now=NOW, reason="forgotten")
    with pytest.raises((InternalError, ProgrammingError), match="jobs are redacted"):
        migrate("0064")
