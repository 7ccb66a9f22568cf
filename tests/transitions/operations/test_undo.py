"""What an operation has done is taken back where nobody has changed the job since and it has not started."""

import pytest
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.models import Audit, Job, Occurrence, Operation, Ownership, TargetRule, Team, Verb
from jobs.rights import target_rules
from jobs.states import Hold, State
from jobs.transitions import operations
from jobs.transitions.operations import counting, stepping
from tests.conftest import NOW, seconds
from tests.transitions.operations.conftest import carry
from tests.transitions.operations.test_as_one import row
from tests.transitions.schedules import life
from tests.transitions.steps import acquire, again, in_state

pytestmark = pytest.mark.django_db
SOON = NOW + seconds(10)


def last(job):
    return Audit.objects.filter(job=job).latest("id")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(stepping, "AT_A_TIME", 2)


def test_cancelled_jobs_are_pending_for_their_times_as_if_one_had_taken_each_back(
    make_job, begin, undo, grace, published
):
    jobs = [make_job(600) for _ in range(2)] + [make_job(3)]
    one = make_job(600)
    transitions.cancel(one.pk, now=NOW, reason="They are wrong.", by=grace)
    cancelled = carry(begin(Verb.CANCEL, {"ids": [job.pk for job in jobs]}))
    published.clear()
    undone = carry(undo(cancelled))
    assert (undone.verb, undone.done, undone.total, undone.refused) == ("retry", 3, 3, {})
    assert [listed.id for listed in published] == [jobs[2].pk]
    transitions.undo(one.pk, now=NOW, by=grace, reason="They were right.")
    assert row(jobs[0]) == row(one)
    noted = last(jobs[0])
    assert (noted.verb, noted.from_state, noted.to_state, noted.operation_id) == ("retry", 4, 0, undone.pk)


def test_only_what_nobody_has_changed_since_and_has_not_started(make_job, begin, undo, grace):
    same, retried, started, asked_to_stop, over = (make_job(600) for _ in range(5))
    acquire(asked_to_stop)
    cancelled = carry(begin(Verb.CANCEL))
    assert cancelled.done == 5
    transitions.retry(retried.pk, now=NOW, by=grace)
    transitions.cancel(retried.pk, now=NOW, by=grace, reason="")
    transitions.retry(started.pk, now=NOW, by=grace)
    acquire(again(started))
    Job.objects.filter(pk=over.pk).update(run_at=NOW - seconds(1))
    counted = operations.count_undo(cancelled, now=NOW)
    left = {"somebody has changed it since": 1, "it had started": 2, "its earlier time is over": 1}
    assert (counted.touched, counted.left) == (1, left)
    undone = carry(undo(cancelled))
    assert (undone.done, undone.refused, undone.outcome) == (1, left, "done")
    assert [again(job).state for job in (same, retried, over)] == [State.PENDING, State.CANCELLED, State.CANCELLED]


@pytest.mark.parametrize(
    ("verb", "more"), [(Verb.RESCHEDULE, {"by_seconds": 3600}), (Verb.RUN_NOW, {}), (Verb.EDIT, {"queue": "slow"})]
)
def test_what_was_moved_goes_back(make_job, begin, undo, verb, more):
    jobs = [make_job(600), make_job(700)]
    were = {job.pk: (job.run_at, job.queue) for job in jobs}
    moved = carry(begin(verb, **more))
    assert all((again(job).run_at, again(job).queue) != were[job.pk] for job in jobs)
    undone = carry(undo(moved))
    assert (undone.done, undone.outcome) == (2, "done")
    assert {job.pk: (again(job).run_at, again(job).queue) for job in jobs} == were


def test_a_time_that_is_over_does_not_come_back(make_job, begin, undo):
    job = make_job(5)
    moved = carry(begin(Verb.RESCHEDULE, by_seconds=3600))
    with pytest.raises(ValidationError, match="nothing to take back"):
        undo(moved, now=SOON)
    assert again(job).run_at == NOW + seconds(3605)


def test_what_was_retried_and_has_not_started_is_cancelled(make_job, begin, undo):
    job, started = in_state(make_job, State.FAILED), in_state(make_job, State.FAILED)
    retried = carry(begin(Verb.RETRY))
    acquire(again(started))
    undone = carry(undo(retried))
    assert (undone.verb, undone.done, undone.refused) == ("cancel", 1, {"it had started": 1})
    assert [again(one).state for one in (job, started)] == [State.CANCELLED, State.RUNNING]


def test_a_dangerous_job_waits_for_its_approval_again_and_one_that_waits_for_others_waits_on(make_job, begin, undo):
    first = make_job(600)
    waiting, dangerous = make_job(600, waits_for=[first.pk]), make_job(600, target="demo.log", payload={"message": "x"})
    cancelled = carry(begin(Verb.CANCEL, {"ids": [waiting.pk, dangerous.pk]}))
    TargetRule.objects.create(target="demo.log", dangerous=True)
    target_rules.forget()
    undone = carry(undo(cancelled))
    assert undone.done == 2
    assert again(dangerous).held_by == Hold.APPROVAL
    assert again(waiting).held_by == Hold.DEPENDENCIES


def test_a_run_of_a_schedule_is_no_longer_missed(begin, undo):
    run = life.next_job(life.make())
    cancelled = carry(begin(Verb.CANCEL, {"ids": [run.pk]}))
    assert Occurrence.objects.get(job_id=run.pk).cause == "person"
    carry(undo(cancelled))
    assert Occurrence.objects.get(job_id=run.pk).cause is None


def test_it_goes_by_batches_too(make_job, begin, undo, small):
    for _ in range(5):
        make_job(600)
    undone = undo(carry(begin(Verb.CANCEL)))
    done = []
    while operations.go_on(undone.pk, now=NOW):
        undone.refresh_from_db()
        done.append(undone.done)
    assert done == [2, 4]
    assert Job.objects.pending().count() == 5


def test_jobs_that_are_others_by_now_stay(make_job, begin, undo, grace):
    mine, other = Team.objects.create(name="ours"), Team.objects.create(name="theirs")
    mine.members.add(grace)
    for team, queue in ((mine, "pay"), (other, "slow")):
        Ownership.objects.create(team=team, kind="queue", name=queue)
    grace.__dict__.pop("_reach", None)
    job = make_job(600, queue="pay")
    cancelled = carry(begin(Verb.CANCEL))
    Ownership.objects.filter(name="pay").update(team=other)
    undone = carry(undo(cancelled))
    assert (undone.done, undone.refused) == (0, {"it is none to change for whoever asked": 1})
    Operation.objects.filter(pk=undone.pk).update(ended_at=None, outcome=None, one_by_one=[job.pk], refused={})
    assert carry(undone).refused == {"it is none to change for whoever asked": 1}
    assert again(job).state == State.CANCELLED


@pytest.mark.parametrize(
    ("verb", "more"),
    [(Verb.CANCEL, {}), (Verb.RETRY, {}), (Verb.RESCHEDULE, {"by_seconds": 60}), (Verb.EDIT, {"queue": "slow"})],
)
def test_one_that_somebody_had_locked_is_taken_alone(make_job, begin, undo, verb, more):
    job = in_state(make_job, State.FAILED) if verb == Verb.RETRY else make_job(600)
    undone = undo(carry(begin(verb, **more)))
    Operation.objects.filter(pk=undone.pk).update(one_by_one=[job.pk], position=job.pk)
    undone = carry(undone)
    assert (undone.done, undone.refused, undone.outcome) == (1, {}, "done")
    assert last(job).operation_id == undone.pk


def test_taken_alone_it_is_judged_too(make_job, begin, undo, grace):
    job = make_job(600)
    undone = undo(carry(begin(Verb.CANCEL)))
    transitions.undo(job.pk, now=NOW, by=grace)
    Operation.objects.filter(pk=undone.pk).update(one_by_one=[job.pk], position=job.pk)
    assert carry(undone).refused == {"somebody has changed it since": 1}


def test_what_cannot_be_taken_back_is_refused(make_job, begin, undo, grace):
    make_job(600)
    operation = begin(Verb.CANCEL)
    with pytest.raises(ValidationError, match="still goes on"):
        undo(operation)
    undone = undo(carry(operation))
    with pytest.raises(ValidationError, match="takes it back already"):
        undo(operation)
    with pytest.raises(ValidationError, match="itself an undo"):
        undo(carry(undone))
    with pytest.raises(ValidationError, match="no operation 0"):
        operations.begin_undo(0, reason="x", by=grace, now=NOW)
    with pytest.raises(ValidationError, match="Say why"):
        operations.begin_undo(operation.pk, reason="", by=grace, now=NOW)


def test_an_undo_that_is_sent_twice_begins_one(make_job, begin, grace):
    make_job(600)
    operation = carry(begin(Verb.CANCEL))
    begun = [operations.begin_undo(operation.pk, reason="x", by=grace, now=NOW, idempotency_key="k") for _ in range(2)]
    assert [one.created for one in begun] == [True, False]
    assert begun[0].operation == begun[1].operation


def test_a_count_that_takes_too_long_says_so(make_job, begin, monkeypatch):
    make_job(600)
    operation = carry(begin(Verb.CANCEL))
    monkeypatch.setattr(counting, "_be_patient", lambda: (_ for _ in ()).throw(counting.OperationalError()))
    counted = operations.count_undo(operation, now=NOW)
    assert (counted.touched, counted.looked_at) == (1, 1)
