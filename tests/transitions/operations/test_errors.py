"""An error at one job stops neither its operation nor others: that job stays as it was, and that is told."""

import pytest
from django.db import InterfaceError, OperationalError

from jobs.events.transitions import JobOfOperationFailed
from jobs.models import Audit, Job, Operation, Verb
from jobs.rights import target_rules
from jobs.scheduler.operations import operations as service
from jobs.states import State
from jobs.transitions import operations
from jobs.transitions.operations import singly, stepping, undoing, words
from jobs.transitions.schedules import succession
from tests.conftest import NOW
from tests.transitions.operations.conftest import carry

pytestmark = pytest.mark.django_db


@pytest.fixture
def poison(make_job, monkeypatch):
    """A job that cannot be cancelled, whoever tries: an error comes."""
    job, real = make_job(), succession.missed

    def missed(jobs, *args, **kwargs):
        if any(one.pk == job.pk for one in jobs):
            raise ZeroDivisionError("division by zero")
        real(jobs, *args, **kwargs)

    monkeypatch.setattr(succession, "missed", missed)
    return job


def test_a_job_at_which_an_error_comes_stays_and_the_others_are_done(make_job, poison, begin, emitted):
    others = [make_job() for _ in range(3)]
    operation = carry(begin(Verb.CANCEL))
    assert (operation.outcome, operation.done, operation.refused) == ("done", 3, {words.FAILED: 1})
    assert Job.objects.get(pk=poison.pk).state == State.PENDING
    assert set(Audit.objects.values_list("job_id", flat=True).filter(operation_id=operation.pk)) == {
        job.pk for job in others
    }
    (told,) = [event for event in emitted if isinstance(event, JobOfOperationFailed)]
    assert (told.operation, told.job, type(told.error)) == (operation.pk, poison.pk, ZeroDivisionError)


def test_what_is_taken_back_ends_too(make_job, begin, undo, monkeypatch):
    """A target judges by the payload whether it is dangerous, and one payload has it fail."""
    for n in range(3):
        make_job(600, payload={"seconds": n})
    cancelled = carry(begin(Verb.CANCEL))

    def is_dangerous(target, payload):
        return 1 / payload["seconds"] > 1000

    monkeypatch.setattr(undoing, "is_dangerous", is_dangerous)
    monkeypatch.setattr(target_rules, "is_dangerous", is_dangerous)
    undone = carry(undo(cancelled))
    assert (undone.outcome, undone.done, undone.refused) == ("done", 2, {words.FAILED: 1})
    states = Job.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == [State.CANCELLED, State.PENDING, State.PENDING]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_an_error_of_the_database_is_none_of_a_job(make_job, begin, monkeypatch, error):
    make_job()
    operation = begin(Verb.CANCEL)

    def fail(*args):
        raise error("the server is gone")

    monkeypatch.setattr(stepping, "cancel_each", fail)
    with pytest.raises(error):
        operations.go_on(operation.pk, now=NOW)
    monkeypatch.undo()
    assert carry(operation).done == 1


def test_an_error_of_the_connection_is_none_of_the_job_that_is_taken_alone(make_job, begin, monkeypatch):
    make_job()
    operation = begin(Verb.EDIT, queue="pay")
    assert operations.go_on(operation.pk, now=NOW)

    def fail(*args, **kwargs):
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(singly, "_forth", fail)
    with pytest.raises(InterfaceError):
        operations.go_on(operation.pk, now=NOW)
    monkeypatch.undo()
    assert carry(operation).done == 1


def test_one_that_cannot_go_on_does_not_hold_up_those_after_it(make_job, begin, monkeypatch):
    make_job(queue="pay")
    make_job(queue="mail")
    stuck, other = begin(Verb.CANCEL, {"queue": "pay"}), begin(Verb.CANCEL, {"queue": "mail"})
    real = operations.go_on

    def go_on(pk, *, now):
        if pk == stuck.pk:
            raise OperationalError("canceling statement due to statement timeout")
        return real(pk, now=now)

    monkeypatch.setattr(operations, "go_on", go_on)
    with pytest.raises(OperationalError):
        service(now=NOW)
    other.refresh_from_db()
    assert other.outcome == "done"


def test_backfills_that_take_weeks_hold_up_no_jobs(make_job, begin, monkeypatch):
    monkeypatch.setattr("jobs.scheduler.operations.go_on", lambda pk, *, now: None)
    range_ = {"begins_at": NOW, "until": NOW.replace(year=NOW.year + 1), "reached_at": NOW, "total": 500_000}
    Operation.objects.bulk_create(Operation(kind="backfill", per_minute=1, created_at=NOW, **range_) for _ in range(25))
    make_job()
    operation = begin(Verb.CANCEL)
    service(now=NOW)
    operation.refresh_from_db()
    assert operation.outcome == "done"


def test_a_job_that_is_in_that_queue_already_was_not_moved(make_job, begin):
    make_job(queue="pay")
    make_job(queue="mail")
    operation = carry(begin(Verb.EDIT, queue="pay"))
    assert (operation.done, operation.refused) == (1, {words.THERE_ALREADY: 1})
