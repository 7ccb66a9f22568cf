"""An end: only its own attempt may write it; all others are evidence."""

import pytest

from jobs import transitions
from jobs.models import Attempt
from jobs.states import State
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER, acquire, finish

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("outcome", [State.COMPLETED, State.FAILED])
def test_finish_writes_the_row_and_the_ledger(make_job, outcome):
    job = make_job()
    assert finish(acquire(job), outcome, error="why")
    job.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (job.state, job.execute_at, job.finished_at, job.reason) == (outcome, NOW, NOW + seconds(1), "why")
    assert (attempt.outcome, attempt.started_at, attempt.finished_at, attempt.error) == (
        outcome,
        NOW,
        NOW + seconds(1),
        "why",
    )


def test_a_second_finish_changes_nothing_but_is_kept_as_evidence(make_job):
    job = make_job()
    started = acquire(job)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    assert not finish(started)
    job.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (job.state, attempt.outcome) == (State.INTERRUPTED, State.INTERRUPTED)
    assert "Ended as completed" in attempt.error
    assert attempt.started_at == NOW


def test_a_finish_that_is_told_again_is_no_zombie(make_job):
    """The answer to its COMMIT was lost, so the worker says it once more."""
    started = acquire(make_job())
    assert finish(started, error="why")
    assert finish(started, error="why")
    assert Attempt.objects.get().error == "why"


def test_an_earlier_attempt_cannot_finish_a_later_one(make_job, published):
    job = make_job()
    first = acquire(job)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    transitions.retry(job.pk, now=NOW, reason="it may run twice")
    job.refresh_from_db()
    second = acquire(job)
    assert second.attempt == 2
    assert not finish(first)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.RUNNING, 2)
    assert finish(second)


def test_an_error_is_cut_and_made_storable(make_job):
    job = make_job()
    finish(acquire(job), State.FAILED, error="\x00" + "x" * 20_000)
    job.refresh_from_db()
    assert len(job.reason) == transitions.ERROR_LIMIT
    assert job.reason.startswith("\N{REPLACEMENT CHARACTER}x")


def test_an_undecodable_file_name_in_an_error_is_written_down(make_job):
    job = make_job()
    assert finish(acquire(job), State.FAILED, error="no such file: \udcff.txt")
    job.refresh_from_db()
    assert job.reason == "no such file: \\udcff.txt"


def test_only_an_outcome_ends_an_attempt(make_job):
    with pytest.raises(ValueError, match="not an end of an attempt"):
        finish(acquire(make_job()), State.CANCELLED)
