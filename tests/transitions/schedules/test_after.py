"""A schedule may come after others: its run starts when all that these have on its day have ended."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.models import Job, Occurrence, Schedule
from jobs.scheduler.turns import WaitingRuns
from jobs.states import Awaited, Cause, Hold, State
from jobs.transitions.schedules import backfill, definitions, single
from tests import starts
from tests.conftest import seconds
from tests.transitions.schedules.life import acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 2, tzinfo=UTC)
EVENING = MIDNIGHT - minutes(60)  # of the day before: all of the next day is to come
WAITS = (State.PENDING, Hold.DEPENDENCIES)
FREE = (State.PENDING, 0)


def at(hour, minute=0, second=0):
    return MIDNIGHT.replace(hour=hour, minute=minute, second=second)


def first(name="first", expression="0 2 * * *", **fields):
    return make(expression, name=name, now=EVENING, **fields)


def follower(*others, expression="0 4 * * *", **fields):
    """A schedule that comes after these, with its run of 04:00 ahead."""
    fields = {"name": "second", "now": EVENING, **fields}
    return make(expression, after_ids=[one.pk for one in others], **fields)


def sees(job):
    row = Job.objects.get(pk=job.pk)
    return row.state, row.holds


def look(now):
    """Let the leader look, for the first time in its life: at all of them."""
    WaitingRuns()(now=now)


def run(schedule, *, now, lasts=60, outcome=State.COMPLETED):
    """Start the run that comes next of a schedule at its time, and end it."""
    started = acquire(next_job(schedule), now=now)
    ended = now + seconds(lasts)
    starts.finish(started, outcome=outcome, execute_at=now, finished_at=ended, error="no" if outcome != 2 else "")
    return started


def test_its_run_waits_until_that_of_the_other_has_ended(published):
    one = first()
    job = next_job(follower(one, expression="0 1 * * *"))
    look(EVENING)
    assert (sees(job), job.run_at, job.waits_for_end) == (WAITS, at(1), Awaited.SUCCESS), "although the other is later"
    look(at(1))
    started = acquire(next_job(one), now=at(2))
    look(at(2, 0, 30))
    assert sees(job) == WAITS
    published.clear()
    finish(started, now=at(2, 1))
    job.refresh_from_db()
    assert (sees(job), job.waited_for) == (FREE, "It waited for the run of 'first' of 2030-01-02 02:00:00 UTC.")
    assert [listed.id for listed in published] == [job.pk], "by the end itself, at once"
    assert acquire(job, now=at(2, 1)) is not None


def test_what_has_ended_before_its_time_has_not_held_it_back():
    one = first()
    job = next_job(follower(one))
    run(one, now=at(2))
    job.refresh_from_db()
    assert (sees(job), job.waited_for, job.run_at) == (FREE, "", at(4))


def test_it_waits_for_all_that_several_others_have_that_day():
    often, late = first("often", "0 2,9 * * *"), first("late", "0 22 * * *")
    job = next_job(follower(often, late))
    for schedule, hour in ((often, 2), (late, 22)):
        run(schedule, now=at(hour))
        look(at(hour, 2))
        assert sees(job) == WAITS
    run(often, now=at(22, 10))  # that of 09:00, which was held up
    job.refresh_from_db()
    assert (sees(job), job.waited_for) == (FREE, "It waited for the run of 'often' of 2030-01-02 09:00:00 UTC.")


def test_one_that_has_nothing_that_day_is_not_waited_for():
    job = next_job(follower(first(expression="0 2 3 * *")))
    assert sees(job) == WAITS, "whoever makes it does not look"
    look(EVENING)
    job.refresh_from_db()
    assert (sees(job), job.waited_for) == (FREE, "")


@pytest.mark.parametrize(
    ("zone", "nominal", "waits"),
    [
        ("UTC", "0 23 1 * *", False),
        ("Europe/Berlin", "30 23 1 * *", True),  # 00:30 there, of the follower's day
        ("Europe/Berlin", "30 23 2 * *", False),
        ("America/New_York", "30 4 2 * *", False),  # 23:30 of the day before
        ("America/New_York", "0 4 3 * *", True),
    ],
)
def test_the_day_is_that_of_its_own_clocks(zone, nominal, waits):
    now = EVENING - minutes(60)
    one = first(expression=nominal)
    job = next_job(follower(one, expression="0 12 2 * *", time_zone=zone, now=now))
    look(now)
    assert sees(job) == (WAITS if waits else FREE)


@pytest.mark.parametrize(
    ("expression", "waits"), [("30 23 31 3 *", False), ("30 22 30 3 *", False), ("30 22 31 3 *", False)]
)
def test_a_day_in_which_clocks_change_has_23_hours(expression, waits):
    """31 March 2030 in Berlin begins at 23:00 UTC and ends at 22:00."""
    before = datetime(2030, 3, 30, 12, tzinfo=UTC)
    for minute, of_day in ((59, False), (0, True)):
        hour = 22 if minute else 23
        one = make(f"{minute} {hour} 30 3 *", name=f"begin {minute}", now=before)
        job = next_job(
            follower(one, name=f"a{minute}", expression="0 12 31 3 *", time_zone="Europe/Berlin", now=before)
        )
        look(before)
        assert sees(job) == (WAITS if of_day else FREE)
    one = make(expression, name="end", now=before)
    job = next_job(follower(one, name="b", expression="0 12 31 3 *", time_zone="Europe/Berlin", now=before))
    look(before)
    assert (sees(job) == WAITS) == waits


@pytest.mark.parametrize(
    ("end", "outcome", "then"),
    [
        (Awaited.SUCCESS, State.FAILED, (State.SKIPPED, 0)),
        (Awaited.ANY, State.FAILED, FREE),
        (Awaited.ANY, State.COMPLETED, FREE),
    ],
)
def test_what_it_wants_of_the_other(end, outcome, then):
    one = first()
    second = follower(one, expression="0 1 * * *", after_end=end)
    job = next_job(second)
    sweep(at(1))
    run(one, now=at(2), outcome=outcome)
    assert sees(job) == then
    occurrence = Occurrence.objects.get(job_id=job.pk)
    if then == FREE:
        assert (occurrence.cause, occurrence.why) == (None, "")
    else:
        why = "The run of 'first' of 2030-01-02 02:00:00 UTC, after which it comes, failed."
        assert (occurrence.cause, occurrence.why, Job.objects.get(pk=job.pk).reason) == (Cause.DEPENDENCY, why, why)
    assert next_job(second).nominal_at == at(1) + minutes(24 * 60), "its successor comes"


def test_one_that_waits_in_vain_is_skipped_at_its_time_and_a_retry_until_then_counts():
    one = first()
    job = next_job(follower(one))
    ran = run(one, now=at(2), outcome=State.FAILED)
    look(at(3))
    assert sees(job) == WAITS
    transitions.retry(ran.job_id, now=at(3), reason="again")
    look(at(4))
    assert sees(job) == WAITS, "it is on its way"
    finish(acquire(Job.objects.get(pk=ran.job_id), now=at(4)), now=at(4, 1))
    assert sees(job) == FREE


def test_what_waits_for_one_that_is_skipped_is_skipped_with_it():
    one = first()
    second = follower(one, expression="0 1 * * *")
    third = follower(second, name="third", expression="30 1 * * *")
    jobs = [next_job(second), next_job(third)]
    run(one, now=at(2), outcome=State.FAILED)
    assert [sees(job) for job in jobs] == [(State.SKIPPED, 0)] * 2


def test_an_interrupted_one_keeps_it_waiting_until_somebody_has_decided():
    one = first()
    job = next_job(follower(one, expression="0 1 * * *"))
    started = acquire(next_job(one), now=at(2))
    Job.objects.filter(pk=started.job_id).update(state=State.INTERRUPTED, finished_at=at(3))
    look(at(5))
    assert sees(job) == WAITS
    transitions.confirm_done(started.job_id, now=at(6), reason="seen")
    assert sees(job) == FREE


def test_one_that_is_paused_over_its_time_has_missed_it_when_that_has_passed():
    one = first()
    vain, any_end = follower(one, expression="30 1 * * *"), follower(one, name="any", after_end=Awaited.ANY)
    jobs = [next_job(vain), next_job(any_end)]
    definitions.pause_schedule(one.pk, until=None, reason="holidays", by=None, now=at(1))
    look(at(1, 59))
    assert [sees(job) for job in jobs] == [WAITS, WAITS]
    look(at(2))
    assert [sees(job) for job in jobs] == [(State.SKIPPED, 0), FREE]
    assert Job.objects.get(pk=jobs[0].pk).reason == (
        "The run of 'first' of 2030-01-02 02:00:00 UTC, after which it comes, did not start: the schedule was paused."
    )


def test_so_has_one_that_is_switched_off():
    one = first()
    job = next_job(follower(one, expression="30 1 * * *"))
    definitions.change_schedule(one.pk, {"enabled": False}, by=None, now=at(1))
    look(at(1, 59))
    assert sees(job) == WAITS
    look(at(3))
    assert sees(job) == (State.SKIPPED, 0)


def test_one_that_somebody_skips_has_not_completed():
    one = first()
    job = next_job(follower(one, expression="30 1 * * *"))
    single.skip_run(one.pk, at(2), reason="no", by=None, now=at(1))
    look(at(1, 29))
    assert sees(job) == WAITS, "until its time that may be undone"
    look(at(1, 30))
    assert sees(job) == (State.SKIPPED, 0)


def test_one_of_several_in_a_row_that_were_missed_together_has_not_completed():
    one = first(expression="0 * * * *")
    Occurrence.objects.filter(schedule=one).delete()
    Occurrence.objects.create(
        schedule=one,
        nominal_at=EVENING,
        until=at(3),
        count=5,
        cause=Cause.DOWNTIME,
        noted_at=at(4),
    )
    Schedule.objects.filter(pk=one.pk).update(accounted_until=MIDNIGHT + minutes(24 * 60))
    job = next_job(follower(one, expression="30 1 * * *"))
    look(at(5))
    assert sees(job) == (State.SKIPPED, 0)


def test_one_whose_job_is_deleted_is_not_waited_for():
    one = first()
    job = next_job(follower(one))
    started = run(one, now=at(2), outcome=State.FAILED)
    Job.objects.filter(pk=started.job_id).delete()
    look(at(4))
    assert sees(job) == FREE


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
    definitions.delete_schedule(one.pk, by=None, now=at(1))
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


def test_one_that_cannot_go_on_is_waited_for():
    one = first()
    job = next_job(follower(one))
    Schedule.objects.filter(pk=one.pk).update(problem="No.", next_at=None, next_job_id=None)
    Occurrence.objects.filter(schedule=one).delete()
    look(at(5))
    assert sees(job) == WAITS


def test_one_whose_expression_cannot_be_read_is_waited_for_too():
    one = first()
    job = next_job(follower(one))
    Schedule.objects.filter(pk=one.pk).update(expression="?", accounted_until=EVENING)
    look(at(5))
    assert sees(job) == WAITS


def test_nobody_knows_the_day_of_one_whose_zone_is_not_known():
    one = first()
    second = follower(one)
    Schedule.objects.filter(pk=second.pk).update(time_zone="Nowhere")
    look(at(5))
    assert sees(next_job(second)) == WAITS


def test_one_that_has_come_as_often_as_it_may_is_not_waited_for():
    one = first(expression="0 2,6 * * *", most_runs=1)
    job = next_job(follower(one))
    run(one, now=at(2))
    assert sees(job) == FREE, "there is no run of 06:00"


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


def test_a_repeat_waits_for_nothing():
    one = first()
    second = follower(one)
    asked = backfill.Backfill(second, EVENING - minutes(24 * 60), EVENING)
    operation = backfill.begin_backfill(asked, reason="", by=None, now=EVENING)
    assert backfill.go_on(operation.pk, now=EVENING) == 1
    (repeat,) = Job.objects.filter(schedule=second).exclude(pk=next_job(second).pk)
    assert sees(repeat) == FREE


def test_the_leader_looks_at_those_whose_time_is_near_each_second_and_at_all_once_a_minute():
    one = first(expression="0 2 5 * *")
    service = WaitingRuns()
    assert not service(now=EVENING)
    near, far = follower(one, expression="1 23 * * *"), follower(one, name="far")
    assert not service(now=EVENING + seconds(59))
    assert [sees(next_job(schedule)) for schedule in (near, far)] == [FREE, WAITS]
    assert not service(now=EVENING + seconds(60))
    assert sees(next_job(far)) == FREE


def test_it_looks_at_some_at_a_time(monkeypatch):
    monkeypatch.setattr("jobs.scheduler.turns.RUNS", 1)
    one = first(expression="0 2 5 * *")
    jobs = [next_job(follower(one, name=name)) for name in ("a", "b")]
    service = WaitingRuns()
    assert [service(now=EVENING), [sees(job) for job in jobs]] == [True, [FREE, WAITS]]
    assert [service(now=EVENING), sees(jobs[1])] == [True, FREE]
    assert not service(now=EVENING)
