"""Jobs of dangerous targets wait for a second person; so do those that are late, where their author says so."""

import pytest
from django.contrib.auth.models import User

from jobs import targets, transitions
from jobs.models import Audit, Job
from jobs.states import Hold, IfLate, State
from jobs.targets import registry
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again

pytestmark = pytest.mark.django_db


@pytest.fixture
def dangerous(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("test.drop_everything", dangerous=True)
    def drop_everything():
        """Nobody calls it here."""

    return {"target": "test.drop_everything", "payload": {}}


@pytest.fixture
def people():
    return User.objects.create(username="ann"), User.objects.create(username="bob")


def test_it_waits_from_its_creation_on(make_job, dangerous, people, published):
    ann, bob = people
    job = make_job(1, by=ann, **dangerous)
    assert (job.held_by, job.enqueued_at, published) == (Hold.APPROVAL, None, [])
    assert acquire(job) is None
    mine = transitions.approve(job.pk, now=NOW, by=ann)
    assert not mine.done
    assert mine.why == f"You have created job {job.pk}; somebody else must approve it."
    theirs = transitions.approve(job.pk, now=NOW, by=bob, reason="seen")
    assert theirs.done, theirs.why
    assert [listed.id for listed in published] == [job.pk]
    assert Audit.objects.get().reason == "seen"
    assert acquire(again(job)) is not None


def test_one_that_sql_has_put_there_waits_too(make_job, dangerous, people):
    job = make_job(1, **dangerous)
    Job.objects.filter(pk=job.pk).update(holds=0)
    assert acquire(again(job)) is None
    assert again(job).held_by == Hold.APPROVAL
    assert again(job).waited_for == "The target test.drop_everything needs the approval of a second person."


def test_to_run_it_now_is_no_approval(make_job, dangerous, people):
    ann, bob = people
    job = make_job(1, by=ann, **dangerous)
    transitions.run_now(job.pk, now=NOW, by=ann)
    assert again(job).held_by == Hold.APPROVAL
    assert transitions.approve(job.pk, now=NOW, by=bob).done


def test_what_waits_for_no_approval_cannot_be_approved(make_job, people):
    job = make_job(1)
    answer = transitions.approve(job.pk, now=NOW, by=people[1])
    assert not answer.done
    assert answer.why == f"Job {job.pk} waits for no approval."
    assert not transitions.approve(job.pk + 1, now=NOW, by=people[1]).done


def test_one_that_is_approved_too_late_is_skipped(make_job, dangerous, people):
    ann, bob = people
    job = make_job(1, by=ann, start_within=5, **dangerous)
    transitions.approve(job.pk, now=NOW + seconds(60), by=bob)
    assert acquire(again(job), now=NOW + seconds(60)) is None
    assert again(job).state == State.SKIPPED


def test_a_late_job_may_wait_for_a_person_instead(make_job):
    job = make_job(1, start_within=5, if_late=IfLate.HOLD)
    assert acquire(job, now=NOW + seconds(60)) is None
    late = again(job)
    assert (late.state, late.held_by) == (State.PENDING, Hold.PERSON)
    assert late.waited_for == "It could have started 59.0 s after its time; it was to start within 5 s."
    assert transitions.run_now(job.pk, now=NOW + seconds(61)).done
    assert acquire(again(job), now=NOW + seconds(61)) is not None


def test_what_is_held_can_be_cancelled(make_job, dangerous):
    job = make_job(1, **dangerous)
    assert transitions.cancel(job.pk, now=NOW, reason="no").done
    assert (again(job).state, again(job).holds) == (State.CANCELLED, 0)


def test_one_that_is_approved_while_it_waits_for_more_is_not_published(make_job, dangerous, people, published):
    ann, bob = people
    job = make_job(1, by=ann, **dangerous)
    Job.objects.filter(pk=job.pk).update(holds=Hold.APPROVAL | Hold.KEY)
    assert transitions.approve(job.pk, now=NOW, by=bob).done
    assert (again(job).held_by, published) == (Hold.KEY, [])
