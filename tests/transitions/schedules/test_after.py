"""A schedule may come after others: its run starts when all that these have on its day have ended."""

from datetime import UTC, datetime

import pytest

from jobs import transitions
from jobs.models import Job, Occurrence
from jobs.states import Awaited, Cause, State
from jobs.transitions.schedules import definitions, single
from tests.transitions.schedules.following import (
    EVENING,
    FREE,
    MIDNIGHT,
    SKIPPED,
    WAITS,
    at,
    first,
    follower,
    look,
    run,
    sees,
)
from tests.transitions.schedules.life import acquire, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db


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


def test_what_has_no_job_yet_is_waited_for():
    """The other's next run is of today, and who waits has his of tomorrow."""
    noon = EVENING - minutes(11 * 60)
    one = first(expression="0 2,20 * * *", now=noon)
    job = next_job(follower(one, expression="0 4 2 * *", now=noon))
    assert next_job(one).nominal_at == MIDNIGHT - minutes(4 * 60)
    look(noon)
    assert sees(job) == WAITS


def test_one_that_has_nothing_that_day_is_not_waited_for():
    job = next_job(follower(first(expression="0 2 3 * *")))
    assert sees(job) == WAITS, "whoever makes it does not look"
    look(EVENING)
    job.refresh_from_db()
    assert (sees(job), job.waited_for) == (FREE, "")


@pytest.mark.parametrize(
    ("zone", "own", "nominal", "waits"),
    [
        ("UTC", "0 12 2 * *", "0 23 1 * *", False),
        ("Europe/Berlin", "0 12 2 * *", "30 23 1 * *", True),  # 00:30 there, of the follower's day
        ("Europe/Berlin", "0 12 2 * *", "30 23 2 * *", False),
        ("Europe/Berlin", "30 0 2 * *", "0 12 2 * *", True),  # at its own time it is the day before by UTC
        ("Europe/Berlin", "30 0 2 * *", "30 22 1 * *", False),
        ("America/New_York", "0 12 2 * *", "30 4 2 * *", False),  # 23:30 of the day before
        ("America/New_York", "0 12 2 * *", "0 4 3 * *", True),
    ],
)
def test_the_day_is_that_of_its_own_clocks(zone, own, nominal, waits):
    now = EVENING - minutes(60)
    one = first(expression=nominal, now=now)
    job = next_job(follower(one, expression=own, time_zone=zone, now=now))
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
        (Awaited.SUCCESS, State.FAILED, SKIPPED),
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
    assert [sees(job) for job in jobs] == [SKIPPED] * 2


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
    assert [sees(job) for job in jobs] == [SKIPPED, FREE]
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
    assert sees(job) == SKIPPED


def test_one_that_somebody_skips_has_not_completed():
    one = first()
    job = next_job(follower(one, expression="30 1 * * *"))
    single.skip_run(one.pk, at(2), reason="no", by=None, now=at(1))
    look(at(1, 29))
    assert sees(job) == WAITS, "until its time that may be undone"
    look(at(1, 30))
    assert sees(job) == SKIPPED


def test_in_shadow_the_other_starts_nothing_that_could_complete():
    one = first()
    job = next_job(follower(one, expression="30 1 * * *"))
    definitions.change_schedule(one.pk, {"enabled": False, "shadow": True}, by=None, now=at(1))
    look(at(1, 59))
    assert sees(job) == WAITS
    look(at(2))
    assert sees(job) == SKIPPED
    assert "it would have started: the schedule is in shadow" in Job.objects.get(pk=job.pk).reason
