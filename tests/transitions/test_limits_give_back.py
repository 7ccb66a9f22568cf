"""What leaves before its start gives back what it had, and what nobody takes expires."""

from datetime import timedelta

import pytest
from django.db import connection

from jobs import transitions
from jobs.models import Audit, Job, Kind, Limit, Turn
from jobs.scheduler.turns import turns
from jobs.states import Hold, Overlap, State
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again, finish

pytestmark = pytest.mark.django_db
MAIL = Name(Kind.QUEUE, "mail")


def test_run_now_does_not_send_one_that_waits_to_the_end_of_the_line(make_job, published):
    Limit.objects.create(name="mail", concurrency=1)
    jobs = [make_job(n, queue="mail") for n in (1, 2, 3, 4)]
    started, *_ = (acquire(job) for job in jobs)
    assert transitions.run_now(jobs[1].pk, now=NOW + seconds(10)).done
    assert again(jobs[1]).held_by == Hold.QUEUE
    finish(started)
    assert [again(job).holds for job in jobs[1:]] == [0, Hold.QUEUE, Hold.QUEUE]


def test_run_now_keeps_the_moment_that_a_rate_has_given(make_job, published):
    Limit.objects.create(name="mail", rate=1)
    jobs = [make_job(1, queue="mail") for _ in range(5)]
    for job in jobs:
        acquire(job)
    moment = again(jobs[1]).not_before
    transitions.run_now(jobs[1].pk, now=NOW + seconds(1))
    job = again(jobs[1])
    assert job.not_before == moment
    assert acquire(job, now=moment, due_before=moment + seconds(1)) is not None


def test_run_now_of_one_that_is_too_late_lets_it_start(make_job, published):
    first, second = make_job(1, key="k"), make_job(2, key="k", start_within=5)
    started = acquire(first)
    acquire(second)
    transitions.run_now(second.pk, now=NOW + seconds(60))
    finish(started)
    assert acquire(again(second), now=NOW + seconds(61)) is not None


@pytest.mark.parametrize("verb", ["cancel", "reschedule"])
def test_moments_of_those_that_leave_are_others(make_job, published, verb):
    Limit.objects.create(name="mail", rate=1)
    jobs = [make_job(1, queue="mail") for _ in range(30)]
    for job in jobs:
        acquire(job)
    for job in jobs[1:]:
        if verb == "cancel":
            assert transitions.cancel(job.pk, now=NOW + seconds(1), reason="by mistake").done
        else:
            transitions.reschedule(job.pk, run_at=NOW + timedelta(days=1), now=NOW + seconds(1))
    new = make_job(2, queue="mail")
    assert acquire(new, now=new.run_at) is not None


def test_a_moment_that_is_given_back_is_the_next_ones(make_job, published):
    Limit.objects.create(name="mail", rate=1)
    jobs = [make_job(1, queue="mail") for _ in range(20)]
    for job in jobs:
        acquire(job)
    waiting = next(job for job in jobs if again(job).held_by == Hold.QUEUE)
    moment = again(jobs[3]).not_before
    transitions.cancel(jobs[3].pk, now=NOW + seconds(1), reason="")
    assert again(waiting).not_before == moment


def test_a_turn_that_nobody_takes_expires_and_is_the_next_ones(make_job, published):
    """It was given to a job of a queue that has no workers."""
    first, stuck, last = make_job(1, key="k"), make_job(2, key="k", queue="dead"), make_job(3, key="k")
    started = acquire(first)
    acquire(stuck)
    acquire(last)
    finish(started)
    turns(now=NOW + seconds(10))
    assert again(last).held_by == Hold.KEY
    turns(now=NOW + seconds(30))
    assert again(last).holds == 0
    assert acquire(again(last), now=NOW + seconds(30)) is not None
    assert acquire(again(stuck), now=NOW + seconds(40)) is None, "it waits for its turn again"
    assert again(stuck).held_by == Hold.KEY


def test_one_whose_turn_has_come_is_not_said_to_have_run(make_job, published):
    first, second = make_job(1, key="k"), make_job(2, key="k", queue="dead")
    started = acquire(first)
    acquire(second)
    finish(started)
    skipped = make_job(3, key="k", overlap=Overlap.SKIP)
    acquire(skipped)
    assert again(skipped).reason == f"Job {second.pk} of the key 'k' was about to start at its time."


RECIPE = """
WITH moved AS (
    UPDATE jobs_job SET run_at = %s, version = version + 1, enqueued_at = NULL, deliveries = 0, not_before = NULL,
        holds = holds & ~24
    WHERE id = %s AND state = 0 RETURNING id
)
DELETE FROM jobs_turn USING moved WHERE jobs_turn.job_id = moved.id
"""


def test_the_recipe_of_the_docs_leaves_no_turn_and_no_moment(make_job, published):
    jobs = [make_job(n, key="k") for n in (1, 2, 3)]
    started, *_ = (acquire(job) for job in jobs)
    finish(started)
    later = NOW + timedelta(days=3)
    with connection.cursor() as cursor:
        cursor.execute(RECIPE, [later, jobs[1].pk])
    turns(now=NOW + seconds(1))
    assert again(jobs[2]).holds == 0
    assert (again(jobs[1]).due, again(jobs[1]).holds) == (later, 0)


@pytest.mark.parametrize("how", ["ended", "deleted"])
def test_places_of_jobs_that_sql_has_ended_are_found(make_job, published, how):
    jobs = [make_job(n, key="k") for n in (1, 2)]
    started, *_ = (acquire(job) for job in jobs)
    with connection.cursor() as cursor:
        if how == "ended":
            cursor.execute("UPDATE jobs_job SET state = 3, finished_at = %s WHERE id = %s", [NOW, started.job_id])
        else:
            cursor.execute("DELETE FROM jobs_attempt WHERE job_id = %s", [started.job_id])
            cursor.execute("DELETE FROM jobs_job WHERE id = %s", [started.job_id])
    turns(now=NOW)
    assert again(jobs[1]).holds == 0


def test_what_runs_when_a_queue_gets_its_limit_counts(make_job, published):
    acquire(make_job(1, queue="mail"))
    pausing.limit(MAIL, now=NOW, concurrency=1, rate=None, burst=1)
    second = make_job(2, queue="mail")
    assert acquire(second) is None
    assert again(second).held_by == Hold.QUEUE


def test_what_was_just_starting_when_a_queue_got_its_limit_is_counted_by_the_leader(make_job, published):
    acquire(make_job(1, queue="mail"))
    Limit.objects.create(name="mail", concurrency=1)
    acquire(make_job(1, queue="other", key="k"))
    turns(now=NOW)
    assert Turn.objects.filter(kind="queue", name="mail").count() == 1


def test_none_of_many_lines_is_passed_by(make_job, published):
    """Two thousand keys, one of which has a free place that nobody has noticed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, key, state, locked_at, attempt)"
            " SELECT 'demo.noop', '{}', %s, 'k' || i, 1, %s, 1 FROM generate_series(1, 2000) i",
            [NOW, NOW],
        )
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, key, holds)"
            " SELECT 'demo.noop', '{}', %s, 'k' || i, 8 FROM generate_series(1, 2000) i",
            [NOW],
        )
        cursor.execute(
            "INSERT INTO jobs_turn (job_id, kind, name, given_at)"
            " SELECT id, 'key', key, %s FROM jobs_job WHERE state = 1",
            [NOW],
        )
        cursor.execute("UPDATE jobs_job SET state = 3, finished_at = %s WHERE state = 1 AND key LIKE '%%77'", [NOW])
        cursor.execute("DELETE FROM jobs_turn WHERE name LIKE '%77'")  # their ends have; then they died
    ended = Job.objects.filter(state=State.FAILED).count()
    turns(now=NOW, seconds=60)
    assert Job.objects.filter(state=State.PENDING, holds=0).count() == ended == 20


def test_who_asked_for_a_limit_and_why_is_kept(make_job, admin_user):
    by = pausing.By(admin_user, "too many")
    pausing.limit(MAIL, now=NOW, concurrency=2, rate=None, burst=1, by=by)
    pausing.pause(MAIL, now=NOW, reason="the server moves", by=admin_user)
    pausing.resume(MAIL, now=NOW, by=by)
    pausing.lift(MAIL, now=NOW, by=by)
    rows = Audit.objects.values_list("verb", "by__username", "reason")
    assert list(rows) == [
        ("limit", "admin", "too many"),
        ("pause", "admin", "the server moves"),
        ("resume", "admin", "too many"),
        ("lift", "admin", "too many"),
    ]
    free = {"concurrency": None, "rate": None, "burst": 1, "paused_at": None, "pause_reason": ""}
    two = {**free, "concurrency": 2}
    paused = {**two, "paused_at": NOW.isoformat(), "pause_reason": "the server moves"}
    assert [(row.before, row.after) for row in Audit.objects.all()] == [
        (None, two),
        (two, paused),
        (paused, two),
        (two, None),
    ]
    assert set(Audit.objects.values_list("subject", "name", "job")) == {("queue", MAIL.name, None)}


def test_to_lift_what_is_not_limited_changes_nothing(admin_user):
    pausing.lift(MAIL, now=NOW, by=pausing.By(admin_user))
    assert not Audit.objects.exists()
