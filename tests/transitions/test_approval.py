"""Jobs of dangerous targets wait for a second person; so do those that are late, where their author says so."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from jobs import targets, transitions
from jobs.models import Audit, Job
from jobs.states import Hold, IfLate, State
from jobs.targets import registry
from jobs.transitions import approval
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again, finish

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


def _reschedule(job):
    return transitions.reschedule(job.pk, run_at=NOW + seconds(90), now=NOW)


def _run_now(job):
    return transitions.run_now(job.pk, now=NOW)


def _run_now_in_line(job):
    Job.objects.filter(pk=job.pk).update(run_at=NOW, holds=Hold.KEY)
    return transitions.run_now(job.pk, now=NOW)


def _retry(job):
    transitions.cancel(job.pk, now=NOW, reason="")
    return transitions.retry(job.pk, now=NOW)


def _retry_of_a_failed_one(job):
    assert finish(acquire(again(job)), State.FAILED)
    return transitions.retry(job.pk, now=NOW)


@pytest.mark.parametrize("change", [_reschedule, _run_now, _run_now_in_line, _retry, _retry_of_a_failed_one])
def test_an_approval_is_for_the_start_that_was_approved(make_job, dangerous, people, published, change):
    ann, bob = people
    job = make_job(60, by=ann, **dangerous)
    assert transitions.approve(job.pk, now=NOW, by=bob).done
    published.clear()
    assert change(job).done
    changed = again(job)
    assert (changed.approved_at, changed.held_by & Hold.APPROVAL, published) == (None, Hold.APPROVAL, [])
    assert acquire(changed, due_before=NOW + seconds(600)) is None
    assert transitions.approve(job.pk, now=NOW, by=bob).done


def test_another_start_that_its_author_has_asked_for_is_the_one_that_was_approved(make_job, dangerous, people):
    ann, bob = people
    job = make_job(1, by=ann, rerunnable=True, max_attempts=2, retry_on=["failed"], **dangerous)
    transitions.approve(job.pk, now=NOW, by=bob)
    assert finish(acquire(again(job)), State.FAILED, kinds=["failed"])
    assert (again(job).state, again(job).holds) == (State.PENDING, 0)
    assert again(job).approved_at == NOW


def test_what_needed_no_approval_needs_none_afterwards(make_job, people):
    job = make_job(60)
    assert transitions.run_now(job.pk, now=NOW).done
    assert again(job).holds == 0


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


def test_a_cancellation_that_is_taken_back_is_no_approval(make_job, dangerous, people):
    ann, bob = people
    job = make_job(60, by=ann, **dangerous)
    transitions.cancel(job.pk, now=NOW, reason="", by=ann)
    assert transitions.undo(job.pk, now=NOW, by=ann).done
    assert again(job).held_by == Hold.APPROVAL, "held from now on, so that somebody can approve it before its time"
    assert transitions.approve(job.pk, now=NOW, by=bob).done


def test_who_edits_it_and_approves_it_at_one_moment_does_not_approve_it(make_job, dangerous, people, monkeypatch):
    ann, bob = people
    job = make_job(60, by=ann, **dangerous)
    when_asked = approval.do

    def do(job_id, asked, *more):
        monkeypatch.setattr(approval, "do", when_asked)
        assert transitions.edit(job_id, {"name": "mine"}, now=NOW, by=bob).done
        return when_asked(job_id, asked, *more)

    monkeypatch.setattr(approval, "do", do)
    answer = transitions.approve(job.pk, now=NOW, by=bob)
    assert (answer.done, answer.why) == (
        False,
        f"You have changed job {job.pk}, or asked for its start; somebody else must approve it.",
    )
    assert again(job).approved_at is None


@pytest.mark.parametrize("change", ["reschedule", "run_now", "retry"])
def test_who_asks_for_another_start_of_it_does_not_approve_that(make_job, dangerous, people, change):
    ann, bob = people
    job = make_job(60, by=ann, **dangerous)
    if change == "retry":
        transitions.cancel(job.pk, now=NOW, reason="", by=ann)
    more = {"run_at": NOW + seconds(90)} if change == "reschedule" else {}
    assert getattr(transitions, change)(job.pk, now=NOW, by=bob, **more).done
    answer = transitions.approve(job.pk, now=NOW, by=bob)
    assert (answer.done, "somebody else must approve it" in answer.why) == (False, True)


def test_whoever_may_approve_it_may_refuse_it_with_a_reason(make_job, dangerous, people):
    ann, bob = people
    job = make_job(60, by=ann, **dangerous)
    with pytest.raises(ValidationError, match="whoever has asked for it wants to know"):
        transitions.refuse(job.pk, now=NOW, reason=" ", by=bob)
    answer = transitions.refuse(job.pk, now=NOW, reason="not on a Friday", by=bob)
    assert (answer.done, answer.why) == (True, f"Job {job.pk} was refused.")
    refused = again(job)
    assert (refused.state, refused.holds, refused.reason) == (State.CANCELLED, 0, "Refused by bob: not on a Friday")
    assert (Audit.objects.get().verb, Audit.objects.get().reason) == ("cancel", "not on a Friday")
    late = transitions.refuse(job.pk, now=NOW, reason="again", by=None)
    assert (late.done, "Only a job that waits for its approval can be refused" in late.why) == (False, True)


def test_what_waits_for_no_approval_is_not_refused(make_job, dangerous, people):
    ann, bob = people
    job = make_job(60, by=ann, **dangerous)
    assert transitions.approve(job.pk, now=NOW, by=bob).done
    answer = transitions.refuse(job.pk, now=NOW, reason="too late", by=None)
    assert (answer.done, answer.why) == (False, f"Job {job.pk} waits for no approval.")
    assert again(job).state == State.PENDING


def test_a_program_s_refusal_says_so(make_job, dangerous):
    job = make_job(60, **dangerous)
    assert transitions.refuse(job.pk, now=NOW, reason="no budget").done
    assert again(job).reason == "Refused by a program: no budget"
