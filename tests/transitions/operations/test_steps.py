"""An operation goes on by batches: each is whole or nothing, no job is changed twice, and it ends."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs import failpoints, transitions
from jobs.conf import conf
from jobs.models import Audit, Job, Operation, Ownership, Team, Verb
from jobs.rights import reach_of
from jobs.scheduler.operations import operations as service
from jobs.states import State
from jobs.transitions import operations
from jobs.transitions.operations import AskedOfMany, counting, stepping
from tests.conftest import NOW, seconds
from tests.transitions.operations.conftest import carry
from tests.transitions.steps import again, in_state

pytestmark = pytest.mark.django_db


def cancelled():
    return Job.objects.filter(state=State.CANCELLED).count()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(stepping, "AT_A_TIME", 2)


def test_it_takes_a_batch_at_a_time_and_ends_after_the_last(make_job, begin, small):
    for _ in range(5):
        make_job()
    operation = begin(Verb.CANCEL, {"state": [State.PENDING]})
    assert (operation.total, operation.done) == (5, 0)
    seen = []
    while operations.go_on(operation.pk, now=NOW):
        seen.append(cancelled())
    assert seen == [2, 4]
    operation.refresh_from_db()
    assert (cancelled(), operation.done, operation.outcome, operation.ended_at) == (5, 5, "done", NOW)
    assert not operations.go_on(operation.pk, now=NOW)


def test_no_statement_looks_at_more_ids_than_it_may(make_job, begin, monkeypatch):
    monkeypatch.setattr(stepping, "LOOK", 2)
    jobs = [make_job(queue="pay" if n == 4 else "default") for n in range(5)]
    operation = begin(Verb.CANCEL, {"queue": "pay"})
    assert operation.position == jobs[0].pk - 1
    positions = []
    while operations.go_on(operation.pk, now=NOW):
        operation.refresh_from_db()
        positions.append(operation.position)
    assert positions == [jobs[1].pk, jobs[3].pk]
    assert cancelled() == 1


def test_jobs_that_are_created_after_it_began_are_not_touched(make_job, begin):
    before = make_job()
    operation = begin(Verb.CANCEL)
    after = make_job()
    # One that was created in a transaction which began later has a smaller id where the number was taken before.
    overtaken = Job.objects.create(
        id=before.pk - 1, target="demo.noop", payload={}, run_at=NOW + seconds(60), created_at=NOW + seconds(1)
    )
    Job.objects.filter(pk=before.pk).update(created_at=NOW - seconds(1))
    Operation.objects.filter(pk=operation.pk).update(position=0)
    carry(operation)
    assert [again(job).state for job in (before, after, overtaken)] == [State.CANCELLED, State.PENDING, State.PENDING]


def test_a_batch_is_whole_with_its_position_or_not_there(make_job, begin, small, tmp_path, monkeypatch):
    for _ in range(4):
        make_job()
    operation = begin(Verb.CANCEL)
    assert operations.go_on(operation.pk, now=NOW)
    monkeypatch.setattr(failpoints, "_folder", str(tmp_path))
    (tmp_path / "in-operation").write_text("raise")
    with pytest.raises(failpoints.FailpointReached), transaction.atomic():
        operations.go_on(operation.pk, now=NOW)
    operation.refresh_from_db()
    assert (cancelled(), operation.done, Audit.objects.filter(operation_id=operation.pk).count()) == (2, 2, 2)
    carry(operation)
    assert (cancelled(), operation.done) == (4, 4)
    assert Audit.objects.filter(operation_id=operation.pk).count() == 4


def test_the_database_refuses_that_an_operation_changes_a_job_twice(make_job, begin):
    job = make_job()
    operation = carry(begin(Verb.CANCEL))
    with pytest.raises(IntegrityError, match="jobs_audit_once_an_operation"), transaction.atomic():
        Audit.objects.create(job=job, verb="cancel", at=NOW, from_state=0, to_state=4, operation_id=operation.pk)


def test_a_job_that_does_not_fit_any_more_stays(make_job, begin):
    """Between the look and the lock, or while it waits to be taken alone."""
    moved, started, gone = make_job(queue="pay"), make_job(queue="pay"), make_job(queue="pay")
    operation = begin(Verb.CANCEL, {"queue": "pay"})
    ids = [moved.pk, started.pk, gone.pk]
    Operation.objects.filter(pk=operation.pk).update(one_by_one=ids, position=gone.pk)
    Job.objects.filter(pk=moved.pk).update(queue="other")
    Job.objects.filter(pk=started.pk).update(state=State.SKIPPED, finished_at=NOW)
    Job.objects.filter(pk=gone.pk).delete()
    carry(operation)
    assert operation.refused == {
        "it does not fit the filter any more": 1,
        "it is skipped": 1,
        "it has left for the history, or was deleted": 1,
    }
    assert (operation.done, operation.outcome, again(moved).state) == (0, "done", State.PENDING)


def test_one_by_one_goes_on_where_the_time_was_over(make_job, begin, monkeypatch):
    monkeypatch.setattr(stepping, "SECONDS", 0.0)
    jobs = [make_job() for _ in range(3)]
    operation = begin(Verb.EDIT, queue="slow")
    left = []
    while operations.go_on(operation.pk, now=NOW):
        operation.refresh_from_db()
        left.append(len(operation.one_by_one))
    assert left == [3, 2, 1]
    assert {again(job).queue for job in jobs} == {"slow"}


def test_what_the_rules_refuse_of_one_is_counted(make_job, begin, grace, make_team_of_others):
    make_job(queue="pay")
    make_team_of_others("slow")
    operation = carry(begin(Verb.EDIT, {"queue": "pay"}, queue="slow"))
    (cause,) = operation.refused
    assert "is another team's" in cause


@pytest.fixture
def make_team_of_others(grace):
    def make(queue):
        mine, other = Team.objects.create(name="ours"), Team.objects.create(name="theirs")
        mine.members.add(grace)
        Ownership.objects.create(team=other, kind="queue", name=queue)
        Ownership.objects.create(team=mine, kind="queue", name="pay")
        grace.__dict__.pop("_reach", None)

    return make


@pytest.mark.parametrize("lost", ["permission", "account", "active"])
def test_who_has_lost_the_right_does_no_more(make_job, begin, grace, small, lost):
    for _ in range(4):
        make_job()
    operation = begin(Verb.CANCEL)
    assert operations.go_on(operation.pk, now=NOW)
    if lost == "permission":
        grace.user_permissions.clear()
    elif lost == "account":
        Operation.objects.filter(pk=operation.pk).update(created_by=None)
    else:
        User.objects.filter(pk=grace.pk).update(is_active=False)
    assert not operations.go_on(operation.pk, now=NOW)
    operation.refresh_from_db()
    assert (cancelled(), operation.outcome) == (2, "failed")
    assert {"permission": "jobs.control_job", "account": "deleted", "active": "switched off"}[lost] in operation.why


def test_who_has_left_the_team_touches_its_jobs_no_more(make_job, begin, grace, small, make_team_of_others):
    make_team_of_others("slow")
    for _ in range(4):
        make_job(queue="pay")
    operation = begin(Verb.CANCEL)
    assert operations.go_on(operation.pk, now=NOW)
    Team.objects.get(name="ours").members.clear()
    carry(operation)
    assert (cancelled(), operation.done, operation.outcome) == (2, 2, "done")


def test_jobs_of_others_are_counted_before_and_left_alone(make_job, begin, grace, make_team_of_others):
    make_team_of_others("slow")
    mine = make_job(queue="pay")
    # She sees what she has made, and may cancel it; more she may not.
    theirs = make_job(queue="slow")
    Job.objects.filter(pk=theirs.pk).update(created_by=grace)
    unseen = make_job(queue="slow")
    counted = operations.count(AskedOfMany(Verb.RUN_NOW), reach_of(grace), now=NOW)
    assert (counted.touched, counted.left) == (1, {"it is none to change for whoever asked": 1})
    assert operations.count(AskedOfMany(Verb.CANCEL), reach_of(grace), now=NOW).touched == 2
    carry(begin(Verb.RUN_NOW))
    assert {job.pk for job in (mine, theirs, unseen) if again(job).version > 1} == {mine.pk}
    carry(begin(Verb.CANCEL))
    assert [again(job).state for job in (mine, theirs, unseen)] == [State.CANCELLED, State.CANCELLED, State.PENDING]


def test_a_target_that_is_given_to_others_is_started_by_none(make_job, begin, grace, make_team_of_others):
    make_team_of_others("slow")
    failed = in_state(lambda: make_job(queue="pay"), State.FAILED)
    Ownership.objects.create(team=Team.objects.get(name="theirs"), kind="target", name="demo.sleep")
    operation = carry(begin(Verb.RETRY))
    assert operation.refused == {"its target is for other teams": 1}
    assert again(failed).state == State.FAILED


def test_the_counts_say_why_others_stay(make_job, begin, grace):
    make_job()
    for state in (State.RUNNING, State.FAILED, State.FAILED):
        in_state(make_job, state)
    counted = operations.count(AskedOfMany(Verb.RESCHEDULE), reach_of(grace), now=NOW)
    assert (counted.touched, counted.left) == (1, {"it is running": 1, "it is failed": 2})
    assert (counted.found, counted.looked_at) == (4, None)


def test_a_count_that_would_take_too_long_says_where_it_looked(make_job, grace, monkeypatch):
    jobs = [make_job() for _ in range(3)]
    monkeypatch.setattr(counting, "PATIENCE", "0")
    monkeypatch.setattr(counting, "LOOK", 2)
    monkeypatch.setattr(counting, "_be_patient", lambda: (_ for _ in ()).throw(counting.OperationalError()))
    counted = operations.count(AskedOfMany(Verb.CANCEL), reach_of(grace), now=NOW)
    assert (counted.touched, counted.looked_at) == (2, 2)
    begun = operations.begin(AskedOfMany(Verb.CANCEL), reason="x", by=grace, now=NOW)
    assert begun.operation.total is None
    assert carry(begun.operation).done == len(jobs)


def test_a_request_that_is_sent_twice_begins_one(make_job, begin):
    make_job()
    first, second = (begin(Verb.RESCHEDULE, by_seconds=60, key="a") for _ in range(2))
    assert first == second
    assert Operation.objects.count() == 1


def test_a_cancelled_one_changes_no_more(make_job, begin, grace, small):
    for _ in range(4):
        make_job()
    operation = begin(Verb.CANCEL)
    operations.go_on(operation.pk, now=NOW)
    done, why = operations.cancel(operation.pk, reason="Enough.", by=grace, now=NOW)
    assert done
    assert "2 jobs" in why
    assert not operations.go_on(operation.pk, now=NOW)
    assert cancelled() == 2
    for pk, said in ((operation.pk, "ended already"), (0, "no operation")):
        done, why = operations.cancel(pk, reason="", by=grace, now=NOW)
        assert not done
        assert said in why
    with pytest.raises(ValidationError):
        operations.cancel(operation.pk, reason="\x00", by=grace, now=NOW)


@pytest.mark.parametrize("reason", ["", " ", "\x00"])
def test_nobody_begins_one_without_a_reason(make_job, grace, reason):
    make_job()
    with pytest.raises(ValidationError) as refused:
        operations.begin(AskedOfMany(Verb.CANCEL), reason=reason, by=grace, now=NOW)
    assert set(refused.value.message_dict) == {"reason"}


def test_the_leader_goes_on_with_it_and_looks_again_at_once_while_there_is_more(make_job, begin, small, monkeypatch):
    for _ in range(6):
        make_job()
    begin(Verb.CANCEL)
    monkeypatch.setattr("jobs.scheduler.operations.SECONDS", 0.0)
    assert service(now=NOW) == 0.0
    assert cancelled() == 2
    monkeypatch.undo()
    assert service(now=NOW) == conf().min_prepare_time
    assert cancelled() == 6


def test_it_costs_one_statement_where_there_is_none(db, django_assert_num_queries):
    with django_assert_num_queries(1):  # the operations that go on
        service(now=NOW)


def test_a_batch_costs_as_many_statements_however_many_jobs_it_has(make_job, begin, django_assert_max_num_queries):
    for _ in range(40):
        make_job()
    operation = begin(Verb.CANCEL)
    with django_assert_max_num_queries(20):
        operations.go_on(operation.pk, now=NOW)
    assert cancelled() == 40


def test_a_verb_of_one_job_is_no_part_of_an_operation(make_job):
    job = make_job()
    transitions.cancel(job.pk, now=NOW, reason="")
    noted = Audit.objects.get(job=job)
    assert (noted.operation_id, noted.version) == (None, None)


def test_those_that_were_found_and_fit_no_more_are_counted(make_job, begin, small):
    """Whoever has cancelled two of three reads that one was changed by somebody else."""
    jobs = [make_job() for _ in range(3)]
    operation = begin(Verb.CANCEL, {"state": [State.PENDING]})
    transitions.cancel(jobs[2].pk, now=NOW, reason="")
    operation = carry(operation)
    assert (operation.total, operation.done, operation.refused) == (3, 2, {"it does not fit the filter any more": 1})
