"""A new installation removes what is old, one that was there before does not, and the way back loses nothing."""

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.utils import InternalError

from jobs.models import Audit, Batch, Installation, Job, Subject, WorkerLog
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


def is_on():
    return Installation.current().retention_on_at is not None


def test_a_new_installation_has_it_on():
    migrate(BEFORE)
    migrate()
    assert is_on()


@pytest.mark.parametrize("made", ["job", "log", "audit"])
def test_one_that_was_there_before_has_it_off(made):
    if made == "job":
        Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    elif made == "log":
        WorkerLog.objects.create(action="QUERYLIST")
    else:
        Audit.objects.create(subject=Subject.QUEUE, name="mail", verb="pause", at=NOW)
    migrate(BEFORE)
    migrate()
    assert not is_on()


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


def test_a_batch_whose_last_job_was_removed_does_not_name_it_any_more():
    Batch.objects.create(callback_id=1000)
    migrate(BEFORE)
    migrate()
    assert Batch.objects.get().callback_id is None
