"""A job of the history that is retried comes back; whatever else is asked of it gets a true answer."""

import pytest

from jobs import transitions
from jobs.models import Audit, Job
from jobs.states import State
from tests.concurrency.steps import PATIENCE, beside
from tests.conftest import NOW
from tests.history.steps import history, move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old(over, latest):
    def make(state=State.FAILED):
        job = over(5, state)
        latest()
        move()
        assert history() == [job.pk]
        return job

    return make


def test_a_retry_brings_it_back(old):
    job = old()
    answer = transitions.retry(job.pk, now=NOW, reason="again")
    assert (answer.done, answer.job.in_history) == (True, False)
    assert history() == []
    found = Job.objects.get(pk=job.pk)
    assert (found.state, found.attempt, found.attempts.count()) == (State.PENDING, 1, 1)
    assert [row.verb for row in Audit.objects.filter(job_id=job.pk)] == ["retry"]


def test_what_cannot_be_done_is_refused_and_leaves_it_there(old):
    job = old(State.COMPLETED)
    answer = transitions.retry(job.pk, now=NOW)
    assert not answer.done
    assert f"can be retried; job {job.pk} is completed." in answer.why
    assert history() == [job.pk]


def test_rest_says_conflict_for_what_is_over(client, django_user_model, old):
    job = old()
    client.force_login(django_user_model.objects.create_superuser("ada"))
    answer = client.post(f"/api/v1/jobs/{job.pk}/cancel/", {"reason": "x"}, content_type="application/json")
    assert answer.status_code == 409
    assert client.post(f"/api/v1/jobs/{job.pk}/retry/", {}, content_type="application/json").status_code == 200


def test_of_two_who_retry_it_one_wins(old):
    job = old()
    asked = [beside(lambda: transitions.retry(job.pk, now=NOW)) for _ in range(4)]
    answers = [one.result(PATIENCE) for one in asked]
    assert [answer.done for answer in answers].count(True) == 1
    assert (history(), Job.objects.filter(pk=job.pk).count()) == ([], 1)


def test_what_is_retried_while_it_moves_is_in_one_place(over, latest):
    jobs = [over(5, State.FAILED) for _ in range(8)]
    latest()
    moving = beside(move)
    asked = [beside(lambda pk=job.pk: transitions.retry(pk, now=NOW)) for job in jobs]
    assert all(one.result(PATIENCE).done for one in asked)
    moving.result(PATIENCE)
    assert history() == []
    assert set(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("state", flat=True)) == {State.PENDING}


def test_there_is_no_other():
    assert transitions.retry(7, now=NOW).why == "There is no job 7."
