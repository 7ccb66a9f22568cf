"""The database fails before, in or after a COMMIT: one start, and its end in the end."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections, transaction

from jobs import transitions
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.worker.record import database_retry
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


class Flaky:
    """Fails some times, before or after it has done what it was asked."""

    def __init__(self, function, times, after=False):
        self.function, self.times, self.after = function, times, after

    def __call__(self, *args, **kwargs):
        result = self.function(*args, **kwargs) if self.after or not self.times else None
        if self.times:
            self.times -= 1
            raise OperationalError("server closed the connection unexpectedly")
        return result


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(database_retry, "PAUSES", (0.0,))
    monkeypatch.setattr(database_retry, "LONGEST_PAUSE", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)
    return monkeypatch


def test_a_lost_commit_that_took_effect_is_found_by_its_token(impatient):
    impatient.setattr(transitions, "acquire", Flaky(transitions.acquire, times=1, after=True))
    assert run(job()).state == State.COMPLETED
    assert Attempt.objects.count() == 1


def test_a_lost_commit_that_did_not_take_effect_is_tried_again(impatient):
    impatient.setattr(transitions, "acquire", Flaky(transitions.acquire, times=2))
    assert run(job()).state == State.COMPLETED
    assert Attempt.objects.count() == 1


def test_a_database_that_fails_each_time_starts_nothing(impatient):
    impatient.setattr(transitions, "acquire", Flaky(transitions.acquire, times=9))
    assert run(job()).state == State.PENDING
    assert not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whether_a_commit_was_lost_is_not_asked_while_it_may_still_come(impatient):
    due = job()
    with transaction.atomic():
        list(Job.objects.unlocked(due.pk))
        with ThreadPoolExecutor(1) as other:

            def ask():
                try:
                    transitions.acquired_by(due.pk, uuid.uuid4(), client="w@test")
                finally:
                    connections.close_all()

            with pytest.raises(OperationalError, match="could not obtain lock"):
                other.submit(ask).result()
    assert transitions.acquired_by(due.pk, uuid.uuid4(), client="w@test") is None


def test_the_end_of_a_job_is_recorded_when_the_database_is_back(impatient):
    impatient.setattr(transitions, "finish", Flaky(transitions.finish, times=3))
    assert run(job()).state == State.COMPLETED


def test_the_end_of_a_job_is_never_given_up(impatient):
    impatient.setattr(transitions, "finish", Flaky(transitions.finish, times=50))
    assert run(job()).state == State.COMPLETED
