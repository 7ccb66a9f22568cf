"""Jobs of one key do not run together: what becomes of one whose time comes while another runs."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from jobs import transitions
from jobs.models import Attempt, Audit, Job, WorkerLog
from jobs.states import Hold, Overlap, State
from jobs.transitions import AcquireRequest
from tests import starts
from tests.conftest import NOW, seconds
from tests.starts import list_and_mark
from tests.transitions.steps import WORKER, acquire, again, finish, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(make_job):
    """One of the key "pay" that runs."""
    job = make_job(1, key="pay")
    started = acquire(job)
    assert started is not None
    return started


def test_the_second_waits_and_starts_when_the_first_has_ended(make_job, running, published):
    second = make_job(2, key="pay")
    published.clear()
    assert acquire(second) is None
    held = again(second)
    assert (held.state, held.held_by, held.enqueued_at) == (State.PENDING, Hold.KEY, None)
    assert held.waited_for == f"Job {running.job_id} of the key 'pay' ran at its time."
    assert acquire(held) is None, "nobody has let it go yet"
    finish(running)
    assert [listed.id for listed in published] == [second.pk]
    free = again(second)
    assert (free.holds, free.turn_at, free.enqueued_at) == (0, NOW + seconds(1), NOW + seconds(1))
    assert acquire(free, now=NOW + seconds(2)) is not None
    assert again(second).waited_for, "why it was late stays known"


def test_they_take_turns_in_the_order_of_their_time(make_job, running, published):
    third, second = make_job(9, key="pay"), make_job(8, key="pay")
    assert acquire(third) is None
    assert acquire(second) is None
    published.clear()
    finish(running)
    assert [listed.id for listed in published] == [second.pk]
    assert again(third).held_by == Hold.KEY


def test_nobody_overtakes_a_turn_that_has_come(make_job, running):
    second = make_job(2, key="pay")
    acquire(second)
    finish(running)
    overtaking = make_job(3, key="pay")
    assert acquire(overtaking, now=NOW + seconds(1)) is None
    assert again(overtaking).held_by == Hold.KEY
    assert acquire(again(second), now=NOW + seconds(1)) is not None


@pytest.mark.parametrize("verb", ["cancel", "reschedule"])
def test_a_turn_that_is_not_taken_goes_to_the_next(make_job, running, published, verb):
    second, third = make_job(2, key="pay"), make_job(3, key="pay")
    acquire(second)
    acquire(third)
    finish(running)
    published.clear()
    if verb == "cancel":
        transitions.cancel(second.pk, now=NOW, reason="no")
    else:
        transitions.reschedule(second.pk, run_at=NOW + seconds(3600), now=NOW)
    assert [listed.id for listed in published] == [third.pk]


def test_a_turn_that_cannot_be_taken_goes_to_the_next(make_job, running, published):
    second, third = make_job(2, key="pay", start_within=1), make_job(3, key="pay")
    acquire(second)
    acquire(third)
    finish(running)
    published.clear()
    assert acquire(again(second), now=second.run_at + seconds(5)) is None
    assert again(second).state == State.SKIPPED
    assert [listed.id for listed in published] == [third.pk]


def test_one_whose_worker_vanished_leaves_its_place(make_job):
    first, second = make_job(1, key="pay"), make_job(2, key="pay")
    _, worker = start(first)
    acquire(second)
    transitions.interrupt([worker.session], now=NOW, reason="gone")
    assert again(second).holds == 0


def test_it_may_be_skipped(make_job, running):
    second = make_job(2, key="pay", overlap=Overlap.SKIP)
    assert acquire(second) is None
    skipped = again(second)
    assert (skipped.state, skipped.joined_id) == (State.SKIPPED, None)
    assert skipped.reason == f"Job {running.job_id} of the key 'pay' ran at its time."
    assert not Attempt.objects.filter(job=second).exists()
    assert not WorkerLog.objects.exists(), "it was found, and not missed"


def test_the_one_that_runs_may_stand_for_it(make_job, running):
    second = make_job(2, key="pay", overlap=Overlap.JOIN)
    assert acquire(second) is None
    joined = again(second)
    assert (joined.state, joined.joined_id) == (State.SKIPPED, running.job_id)


def test_the_one_that_runs_may_have_to_make_way(make_job, running, django_capture_on_commit_callbacks):
    second = make_job(2, key="pay", overlap=Overlap.CANCEL)
    with django_capture_on_commit_callbacks(execute=True):
        assert acquire(second) is None
    assert again(second).held_by == Hold.KEY
    first = Job.objects.get(pk=running.job_id)
    assert (first.state, first.cancel_requested_at) == (State.RUNNING, second.run_at)
    assert Audit.objects.get().reason == f"Job {second.pk} of the same key takes its place."
    finish(running, State.FAILED)
    assert again(second).holds == 0


def test_it_may_start_all_the_same(make_job, running):
    assert acquire(make_job(2, key="pay", overlap=Overlap.ALLOW)) is not None


def test_other_keys_and_none_are_not_asked(make_job, running):
    assert acquire(make_job(2, key="other")) is not None
    assert acquire(make_job(2)) is not None


def test_so_many_of_a_key_may_run(make_job):
    jobs = [make_job(n, key="pay", key_limit=2) for n in (1, 2, 3, 4)]
    started = [acquire(job) for job in jobs]
    assert [one is not None for one in started] == [True, True, False, False]
    finish(started[0])
    assert [again(job).holds for job in jobs[2:]] == [0, Hold.KEY]


def test_those_that_are_taken_together_are_decided_one_after_the_other(make_job):
    jobs = [make_job(1, key="pay"), make_job(1, key="pay"), make_job(1)]
    wanted = [AcquireRequest(job.pk, job.version, uuid.uuid4()) for job in jobs]
    started = starts.acquire_all(wanted, worker=WORKER, now=NOW, due_before=NOW + seconds(5))
    assert [one.job_id for one in started] == [jobs[0].pk, jobs[2].pk]


def test_a_retry_waits_for_its_key_again(make_job, running):
    finish(running, State.FAILED)
    other = acquire(make_job(2, key="pay"))
    assert other is not None
    transitions.retry(running.job_id, now=NOW)
    failed = Job.objects.get(pk=running.job_id)
    assert acquire(failed) is None
    assert again(failed).held_by == Hold.KEY
    finish(other)
    assert again(failed).holds == 0


def test_a_held_job_is_not_listed(make_job, running):
    second = make_job(2, key="pay")
    acquire(second)
    listed = list_and_mark(now=NOW + seconds(60), horizon=NOW + seconds(70))
    assert second.pk not in [one.id for one in listed]
    assert second not in Job.objects.overdue(NOW + seconds(60))
    assert second in Job.objects.held()


@pytest.mark.parametrize("hold", Hold)
def test_whatever_holds_it_an_old_message_does_not_start_it(make_job, hold):
    job = make_job(1)
    Job.objects.filter(pk=job.pk).update(holds=hold)
    assert acquire(job) is None
    assert again(job).state == State.PENDING


def test_the_table_refuses_what_cannot_be(make_job):
    job = make_job()
    for wrong in ({"key": ""}, {"key_limit": 0}, {"overlap": "perhaps"}, {"holds": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(holds=8, state=State.CANCELLED, finished_at=NOW)


def test_a_plain_job_pays_nothing_for_keys(make_job, django_assert_num_queries):
    job = make_job(1)
    with django_assert_num_queries(4):  # SAVEPOINT, the row under its lock, RUNNING with its ledger row, RELEASE
        started = acquire(job)
    with django_assert_num_queries(3):  # SAVEPOINT, the job with its ledger row, RELEASE
        finish(started)


def test_nobody_joins_one_that_leaves_in_the_same_transaction(make_job, running):
    leaving = make_job(2, key="pay", start_within=1)
    acquire(leaving)
    finish(running)
    joining = make_job(3, key="pay", overlap=Overlap.JOIN)
    wanted = [AcquireRequest(job.pk, job.version, uuid.uuid4()) for job in (leaving, joining)]
    late = leaving.run_at + seconds(30)
    started = starts.acquire_all(wanted, worker=WORKER, now=late, due_before=late)
    assert [one.job_id for one in started] == [joining.pk]
    assert again(leaving).state == State.SKIPPED


def test_a_retry_stands_for_itself(make_job, running):
    joined = make_job(2, key="pay", overlap=Overlap.JOIN)
    acquire(joined)
    transitions.retry(joined.pk, now=NOW)
    assert again(joined).joined_id is None
    assert Job.objects.how_far([joined.pk]) == {joined.pk: (False, None)}
