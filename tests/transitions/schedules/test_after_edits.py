"""A schedule that comes after others, when these are changed or it is itself, and what the leader puts right."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError

from jobs.conf import conf
from jobs.events.schedules import FollowerNotBlocked
from jobs.models import Job
from jobs.scheduler.turns import WaitingRuns
from jobs.states import State
from jobs.transitions import controls
from jobs.transitions.schedules import definitions, single
from tests.conftest import seconds
from tests.transitions.schedules.following import (
    EVENING,
    FREE,
    WAITS,
    at,
    first,
    follower,
    look,
    run,
    sees,
)
from tests.transitions.schedules.life import acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db


def test_an_edit_of_the_other_counts_until_it_starts():
    one = first()
    job = next_job(follower(one))
    definitions.change_schedule(one.pk, {"expression": "0 2 5 * *"}, by=None, now=at(1))
    look(at(1))
    assert sees(job) == FREE, "nothing of it comes that day any more"


def test_one_that_was_let_go_waits_again_when_the_other_gets_a_time(django_capture_on_commit_callbacks):
    one = first(expression="0 2 5 * *")
    job = next_job(follower(one))
    look(EVENING)
    assert sees(job) == FREE
    version = Job.objects.get(pk=job.pk).version
    with django_capture_on_commit_callbacks(execute=True):
        definitions.change_schedule(one.pk, {"expression": "0 3 * * *"}, by=None, now=at(1))
    assert sees(job) == WAITS
    assert Job.objects.get(pk=job.pk).version > version, "what has been published acquires nothing"
    run(one, now=at(3))
    assert sees(job) == FREE


def test_an_edit_that_changes_nothing_for_it_leaves_it_free(django_capture_on_commit_callbacks):
    one = first()
    job = next_job(follower(one))
    run(one, now=at(2))
    assert sees(job) == FREE
    with django_capture_on_commit_callbacks(execute=True):
        definitions.change_schedule(one.pk, {"expression": "0 1 * * *"}, by=None, now=at(3))
    assert sees(job) == FREE


def test_one_whose_time_has_come_goes_on(django_capture_on_commit_callbacks):
    one = first(expression="0 2 5 * *")
    job = next_job(follower(one))
    look(EVENING)
    with django_capture_on_commit_callbacks(execute=True):
        definitions.change_schedule(one.pk, {"expression": "0 5 * * *"}, by=None, now=at(4))
    assert sees(job) == FREE


def test_an_edit_of_the_other_passes_by_a_run_that_sql_has_deleted(django_capture_on_commit_callbacks):
    one = first(expression="0 2 5 * *")
    second = follower(one)
    next_job(second).delete()
    with django_capture_on_commit_callbacks(execute=True):
        changed = definitions.change_schedule(one.pk, {"expression": "0 3 * * *"}, by=None, now=at(1))
    assert changed.done
    assert again(second).next_job_id is not None, "the leader makes it anew"


def test_a_run_that_somebody_has_too_long_is_told_of(django_capture_on_commit_callbacks, monkeypatch, emitted):
    one = first(expression="0 2 5 * *")
    second = follower(one)
    look(EVENING)

    def locked(*args, **more):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr("jobs.transitions.schedules.followers.runs.judge", locked)
    with django_capture_on_commit_callbacks(execute=True):
        assert definitions.change_schedule(one.pk, {"expression": "0 3 * * *"}, by=None, now=at(1)).done
    (event,) = [event for event in emitted if isinstance(event, FollowerNotBlocked)]
    assert (event.id, event.name) == (second.pk, "second")


def test_a_run_that_has_started_before_an_edit_is_waited_for_all_the_same():
    one = first()
    job = next_job(follower(one))
    started = acquire(next_job(one), now=at(2))
    definitions.change_schedule(one.pk, {"expression": "0 1 * * *"}, by=None, now=at(3))
    look(at(3))
    assert sees(job) == WAITS
    finish(started, now=at(3, 1))
    assert sees(job) == FREE


def test_a_schedule_that_is_deleted_is_not_waited_for():
    one = first()
    second = follower(one)
    gone = definitions.delete_schedule(one.pk, by=None, now=at(1))
    assert "What came after it waits for it no more: second." in gone.why
    look(at(1))
    assert sees(next_job(second)) == FREE


def test_its_own_deletion_starts_nothing_of_it():
    one = first()
    second = follower(one, expression="0 1 * * *")
    job = next_job(second)
    sweep(at(1, 1))  # its time has come, and its successor is made
    definitions.delete_schedule(second.pk, by=None, now=at(1, 2))
    look(at(1, 2))
    row = Job.objects.get(pk=job.pk)
    assert (row.state, row.reason) == (
        State.SKIPPED,
        "Its schedule was deleted while it waited for the runs of others.",
    )


def test_a_start_that_makes_its_next_run_looks_at_nothing(django_assert_max_num_queries):
    """The next run is held as it is made; the leader lets it go."""
    one = first(expression="0 2 5 * *")
    second = follower(one)
    look(EVENING)
    acquire(next_job(second), now=at(4))
    assert sees(next_job(second)) == WAITS
    assert next_job(second).nominal_at == at(4) + minutes(24 * 60)


def test_the_leader_lets_go_what_an_end_has_overlooked():
    one = first()
    job = next_job(follower(one))
    Job.objects.filter(schedule=one).update(has_dependents=False)
    run(one, now=at(2))
    assert sees(job) == WAITS
    look(at(2, 1))
    assert sees(job) == FREE


def test_those_that_come_after_it_now_are_known_to_the_run_that_it_has():
    one = first()
    second = make("0 4 * * *", name="second", now=EVENING)
    assert not next_job(one).has_dependents
    definitions.change_schedule(second.pk, {"after_ids": [one.pk]}, by=None, now=EVENING)
    assert (next_job(one).has_dependents, sees(next_job(second))) == (True, WAITS)
    run(one, now=at(2))
    assert (sees(next_job(second)), next_job(one).has_dependents) == (FREE, True)
    definitions.change_schedule(second.pk, {"after_ids": []}, by=None, now=at(3))
    assert (sees(next_job(second)), next_job(second).waits_for_end) == (FREE, None)


def test_run_now_and_move_say_that_it_still_waits():
    one = first()
    second = follower(one)
    told = single.run_now(second.pk, at(4), reason="", by=None, now=at(1))
    assert (told.done, told.why) == (
        True,
        "The run of 2030-01-02 04:00:00 UTC starts now, but not before what it comes after has ended.",
    )
    assert (sees(next_job(second)), next_job(second).run_at) == (WAITS, at(1))
    job = next_job(second)
    run(one, now=at(2))
    assert sees(job) == FREE


def test_a_skip_that_is_taken_back_waits_again_and_a_retry_of_its_job_does_not():
    second = follower(first())
    job = next_job(second)
    single.skip_run(second.pk, at(4), reason="", by=None, now=at(1))
    single.undo(second.pk, at(4), reason="", by=None, now=at(1))
    job = next_job(second)
    assert (sees(job), job.nominal_at, job.run_at) == (WAITS, at(4), at(4))
    single.skip_run(second.pk, at(4), reason="", by=None, now=at(1))
    assert controls.retry(job.pk, now=at(1)).done
    assert sees(job) == FREE


def test_those_that_make_a_circle_are_refused():
    one = first()
    second = follower(one)
    third = follower(second, name="third")
    with pytest.raises(ValidationError) as refused:
        definitions.change_schedule(one.pk, {"after_ids": [third.pk]}, by=None, now=EVENING)
    assert refused.value.message_dict["after"] == [
        "That is a circle: 'first' would come after 'third', which comes after 'second', which comes after it; leave one "
        "of them out."
    ]
    assert again(one).after_ids == []


def test_one_that_is_gone_is_refused():
    with pytest.raises(ValidationError, match="was deleted in this moment"):
        make("0 4 * * *", after_ids=[0], now=EVENING)


def test_the_leader_looks_at_those_whose_time_is_near_each_second_and_at_all_once_a_minute():
    """Once a window where none is near: an idle database is left alone."""
    one = first(expression="0 2 5 * *")
    service = WaitingRuns()
    assert service(now=EVENING) == conf().min_prepare_time
    near, far = follower(one, expression="1 23 * * *"), follower(one, name="far")
    assert service(now=EVENING + seconds(59)) == 1.0
    assert [sees(next_job(schedule)) for schedule in (near, far)] == [FREE, WAITS]
    assert service(now=EVENING + seconds(59)) == conf().min_prepare_time
    assert service(now=EVENING + seconds(60)) == 1.0
    assert sees(next_job(far)) == FREE


def test_it_looks_at_some_at_a_time_and_goes_on_where_its_time_was_over(monkeypatch):
    monkeypatch.setattr("jobs.scheduler.turns.RUNS", 1)
    one = first(expression="0 2 5 * *")
    jobs = [next_job(follower(one, name=name)) for name in ("a", "b", "c")]
    service = WaitingRuns()
    assert [service(now=EVENING, seconds=0), [sees(job) for job in jobs]] == [0.0, [FREE, WAITS, WAITS]]
    assert [service(now=EVENING), [sees(job) for job in jobs]] == [1.0, [FREE] * 3]
