"""A job may wait for others: it starts when all of them have ended as it wants, and is skipped when they cannot."""

import pytest
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.models import Job
from jobs.states import Awaited, Hold, State
from jobs.transitions.dependencies import block
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again, finish, run, sees, start

pytestmark = pytest.mark.django_db
ANY = Awaited.ANY


def test_it_waits_and_starts_when_the_other_has_completed(make_job, published):
    first = make_job(1)
    child = make_job(0, waits_for=[first.pk])
    assert (sees(child), child.enqueued_at, again(first).has_dependents) == (
        (State.PENDING, Hold.DEPENDENCIES),
        None,
        True,
    )
    assert acquire(child) is None
    published.clear()
    run(first)
    assert [(listed.id, listed.run_at) for listed in published] == [(child.pk, child.run_at)]
    free = again(child)
    assert (free.holds, free.waited_for, free.turn_at) == (0, f"It waited for job {first.pk}.", None)
    assert free.enqueued_at == NOW + seconds(1)
    assert acquire(free, now=NOW + seconds(2)) is not None


def test_one_whose_time_is_ahead_starts_at_its_time(make_job, published):
    first = make_job(1)
    child = make_job(3600, waits_for=[first.pk])
    published.clear()
    run(first)
    assert published == []
    assert (again(child).holds, again(child).run_at, again(child).enqueued_at) == (0, child.run_at, None)
    assert acquire(again(child), due_before=NOW + seconds(5)) is None, "not before its time"


def test_it_waits_for_the_last_of_them(make_job, published):
    others = [make_job(1) for _ in range(3)]
    child = make_job(1, waits_for=[job.pk for job in others])
    published.clear()
    for job in (others[2], others[0]):
        run(job)
        assert sees(child) == (State.PENDING, Hold.DEPENDENCIES)
    started = acquire(others[1])
    finish(started)
    assert [listed.id for listed in published] == [child.pk]
    assert again(child).waited_for == f"It waited for job {others[2].pk}, the last of 3."


@pytest.mark.parametrize(
    ("outcome", "end", "then"),
    [
        (State.COMPLETED, "success", (State.PENDING, 0)),
        (State.COMPLETED, "any", (State.PENDING, 0)),
        (State.FAILED, "success", (State.SKIPPED, 0)),
        (State.FAILED, "any", (State.PENDING, 0)),
        (State.INTERRUPTED, "success", (State.PENDING, Hold.DEPENDENCIES)),
        (State.INTERRUPTED, "any", (State.PENDING, Hold.DEPENDENCIES)),
    ],
)
def test_what_it_wants_of_their_ends(make_job, outcome, end, then):
    first = make_job(1)
    child = make_job(1, waits_for=[first.pk], waits_for_end=end)
    run(first, outcome)
    assert sees(child) == then


def test_the_reason_names_the_one_that_broke_it(make_job):
    first, second = make_job(1), make_job(1)
    child = make_job(1, waits_for=[first.pk, second.pk])
    run(second, State.FAILED)
    skipped = again(child)
    assert (skipped.state, skipped.finished_at) == (State.SKIPPED, NOW + seconds(1))
    assert skipped.reason == f"Job {second.pk}, which it waited for, failed."


@pytest.mark.parametrize(("end", "state"), [("success", State.SKIPPED), ("any", State.PENDING)])
def test_a_cancelled_one_has_ended(make_job, end, state):
    first = make_job(1)
    child = make_job(1, waits_for=[first.pk], waits_for_end=end)
    transitions.cancel(first.pk, now=NOW, reason="no")
    assert sees(child) == (state, 0)
    assert "was cancelled" in again(child).reason or state == State.PENDING


@pytest.mark.parametrize("how", ["too late", "no such target", "overlap"])
def test_one_that_is_refused_at_its_time_has_ended(make_job, how):
    if how == "overlap":
        acquire(make_job(1, key="pay"))
    first = make_job(1, start_within=5, key="pay", overlap="skip")
    child = make_job(1, waits_for=[first.pk], waits_for_end=ANY)
    vain = make_job(1, waits_for=[first.pk])
    if how == "no such target":
        Job.objects.filter(pk=first.pk).update(target="gone.away", start_within=None)
    late = first.run_at + seconds(0 if how == "overlap" else 60)
    assert acquire(again(first), now=late, due_before=late + seconds(1)) is None
    assert again(first).state in (State.SKIPPED, State.FAILED)
    assert (sees(child), sees(vain)) == ((State.PENDING, 0), (State.SKIPPED, 0))


def test_one_that_the_ledger_refuses_has_ended(make_job):
    first = make_job(1, rerunnable=True, max_attempts=3)
    child = make_job(1, waits_for=[first.pk])
    acquire(first)
    Job.objects.filter(pk=first.pk).update(state=State.PENDING, locked_at=None, attempt=0)
    assert acquire(again(first)) is None
    assert (again(first).state, again(child).state) == (State.FAILED, State.SKIPPED)


@pytest.mark.parametrize(
    ("settle", "then"),
    [
        (transitions.confirm_done, (State.PENDING, 0)),
        (transitions.confirm_failed, (State.SKIPPED, 0)),
        (transitions.retry, (State.PENDING, Hold.DEPENDENCIES)),
    ],
)
def test_an_interrupted_one_is_settled_by_a_person(make_job, settle, then):
    first = make_job(1)
    child = make_job(1, waits_for=[first.pk])
    _, worker = start(first)
    transitions.interrupt([worker.session], now=NOW, reason="gone")
    assert sees(child) == (State.PENDING, Hold.DEPENDENCIES)
    assert settle(first.pk, now=NOW, reason="I looked").done
    assert sees(child) == then


def test_one_that_starts_again_by_itself_has_not_ended(make_job):
    first = make_job(1, rerunnable=True, max_attempts=2, retry_on=["failure"])
    child = make_job(1, waits_for=[first.pk])
    run(first, State.FAILED, kinds=("failure",))
    assert (again(first).state, sees(child)) == (State.PENDING, (State.PENDING, Hold.DEPENDENCIES))
    run(first, State.FAILED, kinds=("failure",))
    assert again(child).state == State.SKIPPED


def test_a_retry_calls_nobody_back_and_those_who_wait_go_on_waiting(make_job):
    first, second = make_job(1), make_job(1)
    free = make_job(1, waits_for=[first.pk], waits_for_end=ANY)
    waiting = make_job(1, waits_for=[first.pk, second.pk], waits_for_end=ANY)
    run(first, State.FAILED)
    transitions.retry(first.pk, now=NOW)
    run(second)
    assert (sees(free), sees(waiting)) == ((State.PENDING, 0), (State.PENDING, Hold.DEPENDENCIES))
    run(first)
    assert sees(waiting) == (State.PENDING, 0)


def test_one_that_had_ended_before_and_is_retried_is_noticed_too(make_job):
    first, second = make_job(1), make_job(1)
    run(first, State.FAILED)
    child = make_job(1, waits_for=[first.pk, second.pk], waits_for_end=ANY)
    transitions.retry(first.pk, now=NOW)
    run(second)
    assert sees(child) == (State.PENDING, Hold.DEPENDENCIES)
    run(first)
    assert sees(child) == (State.PENDING, 0)


def test_a_skipped_one_starts_by_a_retry_whatever_became_of_the_other(make_job):
    first = make_job(1)
    child = make_job(1, waits_for=[first.pk])
    run(first, State.FAILED)
    assert transitions.retry(child.pk, now=NOW).done
    assert acquire(again(child)) is not None


def test_running_it_now_does_not_end_its_wait(make_job):
    first = make_job(1)
    child = make_job(60, waits_for=[first.pk])
    transitions.run_now(child.pk, now=NOW)
    assert sees(child) == (State.PENDING, Hold.DEPENDENCIES)


def test_one_that_is_held_for_more_is_not_published(make_job, published):
    first = make_job(1)
    child = make_job(1, waits_for=[first.pk])
    Job.objects.filter(pk=child.pk).update(holds=Hold.DEPENDENCIES | Hold.APPROVAL)
    published.clear()
    run(first)
    assert (sees(child), published) == ((State.PENDING, Hold.APPROVAL), [])


def test_what_it_costs_to_end_a_job_that_others_wait_for(make_job, django_assert_num_queries):
    first, second = make_job(1), make_job(1)
    make_job(3600, waits_for=[first.pk, second.pk])
    started, last = acquire(first), acquire(second)
    with django_assert_num_queries(6):  # the 3 of every end; who waits, their rows locked, how far they are
        finish(started)
    with django_assert_num_queries(7):  # and the one that goes
        finish(last)


def test_what_is_deleted_between_two_looks_is_said_to_be_missing(make_job, monkeypatch):
    monkeypatch.setattr(block, "problems", lambda ids, by: [])  # it was there then
    with pytest.raises(ValidationError, match="999999"):
        make_job(1, waits_for=[999999])


@pytest.mark.parametrize(
    ("outcome", "becomes"),
    [
        (None, (State.PENDING, Hold.DEPENDENCIES)),
        (State.COMPLETED, (State.PENDING, Hold(0))),
        (State.FAILED, (State.SKIPPED, Hold(0))),
    ],
)
def test_a_cancellation_that_is_taken_back_ends_no_wait(make_job, published, outcome, becomes):
    first = make_job(1)
    child = make_job(60, waits_for=[first.pk])
    transitions.cancel(child.pk, now=NOW, reason="")
    if outcome is not None:
        run(first, outcome)
    published.clear()
    assert transitions.undo(child.pk, now=NOW + seconds(2)).done
    assert sees(child) == becomes
    assert published == []
