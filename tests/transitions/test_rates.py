"""A queue may start so many jobs a second: each is given its moment, and keeps it."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import rules, sentences, transitions
from jobs.models import Job, Kind, Limit
from jobs.scheduler.turns import turns
from jobs.states import Hold, Overlap
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again

pytestmark = pytest.mark.django_db
MAIL = Name(Kind.QUEUE, "mail")


def test_a_rate_hands_out_moments_and_each_is_kept(make_job, published):
    Limit.objects.create(name="mail", rate=10)
    jobs = [make_job(1, queue="mail") for _ in range(4)]
    due = jobs[0].run_at
    started = [acquire(job, now=NOW) for job in jobs]
    assert [one is not None for one in started] == [True, False, False, False]
    moments = [again(job).not_before for job in jobs[1:]]
    assert moments == [due + timedelta(milliseconds=100 * n) for n in (1, 2, 3)]
    assert [listed.run_at for listed in published[-3:]] == moments, "published for their own moments"
    last = again(jobs[3])
    assert last.holds == 0
    assert "The rate of the queue 'mail'" in last.waited_for
    second_try = acquire(last, now=NOW, due_before=due + seconds(1))
    assert second_try is not None, "its moment is its own: nobody is asked again"
    assert second_try.due == moments[2]
    assert second_try.run_at == due


def test_moments_that_all_workers_have_slept_through_are_not_made_up_for_together(make_job, published):
    Limit.objects.create(name="mail", rate=2)
    jobs = [make_job(1, queue="mail") for _ in range(4)]
    due = jobs[0].run_at
    assert [acquire(job, now=NOW) is not None for job in jobs] == [True, False, False, False]
    awake = due + seconds(8)
    started = [acquire(again(job), now=awake, due_before=awake + seconds(1)) for job in jobs[1:]]
    assert [one is not None for one in started] == [True, False, False]
    assert [again(job).not_before for job in jobs[2:]] == [awake + seconds(0.5), awake + seconds(1)]
    assert sentences.missed_moment(again(jobs[2]).waited_for) == due + seconds(1), "which its lateness goes by"
    assert acquire(again(jobs[2]), now=awake + seconds(0.52), due_before=awake + seconds(2)), (
        "hardly late: still its own"
    )


def test_whoever_has_slept_is_served_by_its_moment_whoever_asks_first(make_job, published):
    Limit.objects.create(name="mail", rate=2)
    jobs = [make_job(1, queue="mail") for _ in range(3)]
    awake = jobs[0].run_at + seconds(8)
    acquire(jobs[0], now=NOW)
    assert acquire(jobs[1], now=NOW) is acquire(jobs[2], now=NOW) is None
    assert acquire(again(jobs[2]), now=awake, due_before=awake + seconds(1)) is None
    assert acquire(again(jobs[1]), now=awake, due_before=awake + seconds(1)) is not None


def test_whoever_is_always_late_starts_all_the_same(make_job, published):
    Limit.objects.create(name="mail", rate=2)
    jobs = [make_job(1, queue="mail") for _ in range(3)]
    due = jobs[0].run_at
    assert [acquire(job, now=NOW) is not None for job in jobs] == [True, False, False]
    for number, job in enumerate(jobs[1:], start=1):
        late = due + seconds(0.5 * number + 0.06)
        assert acquire(again(job), now=late, due_before=late + seconds(1)) is not None, "its rate has room"


def test_a_burst_may_start_at_once(make_job):
    Limit.objects.create(name="mail", rate=1, burst=3)
    jobs = [make_job(1, queue="mail") for _ in range(5)]
    assert [acquire(job) is not None for job in jobs] == [True, True, True, False, False]


def test_beyond_the_window_it_waits_in_line_and_the_leader_gives_it_its_moment_in_its_time(make_job, published):
    Limit.objects.create(name="mail", rate=0.01)
    first, later, last = (make_job(1, queue="mail") for _ in range(3))
    acquire(first)
    published.clear()
    assert acquire(later) is acquire(last) is None
    assert published == []
    assert [again(job).held_by for job in (later, last)] == [Hold.QUEUE, Hold.QUEUE]
    moment = first.run_at + seconds(100)
    turns(now=moment - seconds(20))
    assert again(later).held_by == Hold.QUEUE
    turns(now=moment - seconds(4))
    assert (again(later).not_before, again(later).holds) == (moment, 0)
    assert again(last).held_by == Hold.QUEUE
    assert [(one.id, one.run_at) for one in published] == [(later.pk, moment)]


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.integers(0, 400), min_size=2, max_size=25),
    rate=st.sampled_from([1, 5, 50]),
    burst=st.integers(1, 4),
)
def test_no_interval_holds_more_than_burst_and_rate(steps, rate, burst):
    """The rule of the bucket, over jobs whose times are `steps` milliseconds apart."""
    with transaction.atomic():
        Limit.objects.create(name="mail", rate=rate, burst=burst)
        at, moments = NOW + seconds(1), []
        for step in steps:
            at += timedelta(milliseconds=step)
            new = rules.check_new_job(target="demo.noop", payload={}, run_at=at, now=NOW, queue="mail")
            job, _ = transitions.create(new, now=NOW)
            acquire(job, now=at)
            job.refresh_from_db()
            if not job.holds:
                moments.append(job.not_before or job.run_at)
        moments.sort()
        for first, one in enumerate(moments):
            for last in range(first + 1, len(moments)):
                within = (moments[last] - one).total_seconds() + 0.0011  # a start is due a millisecond early
                assert last - first + 1 <= burst + rate * within + 1e-6
        transaction.set_rollback(True)


def test_moments_of_a_rate_that_is_lifted_are_forgotten(make_job):
    pausing.limit(MAIL, now=NOW, concurrency=None, rate=0.2, burst=1)
    jobs = [make_job(1, queue="mail") for _ in range(3)]
    for job in jobs:
        acquire(job)
    assert again(jobs[1]).not_before == jobs[0].run_at + seconds(5)
    assert again(jobs[2]).held_by == Hold.QUEUE, "its moment lies beyond the window"
    pausing.limit(MAIL, now=NOW, concurrency=None, rate=1000, burst=10)
    assert again(jobs[1]).not_before is None
    assert all(acquire(again(job)) is not None for job in jobs[1:])


def test_after_a_pause_the_rate_counts_anew(make_job):
    pausing.limit(MAIL, now=NOW, concurrency=None, rate=1, burst=1)
    jobs = [make_job(1, queue="mail") for _ in range(3)]
    for job in jobs:
        acquire(job)
    pausing.pause(MAIL, now=NOW, reason="")
    later = NOW + seconds(600)
    for job in jobs[1:]:
        assert acquire(again(job), now=later, due_before=later) is None
        assert again(job).not_before is None
    pausing.resume(MAIL, now=later)
    started = [acquire(again(job), now=later, due_before=later) for job in jobs[1:]]
    assert [one is not None for one in started] == [True, False], "one a second, however long it was paused"


def two_rates(make_job):
    """Four jobs of a key and a queue, of each of which one a second may start: the first has started."""
    key = Name(Kind.KEY, "shop")
    pausing.limit(key, now=NOW, concurrency=None, rate=1, burst=1)
    pausing.limit(MAIL, now=NOW, concurrency=None, rate=1, burst=1)
    jobs = [make_job(1, queue="mail", key="shop", overlap=Overlap.ALLOW) for _ in range(4)]
    assert [acquire(job, now=NOW) is not None for job in jobs] == [True, False, False, False]
    assert [again(job).not_before for job in jobs[1:]] == [jobs[0].run_at + seconds(n) for n in (1, 2, 3)]
    return key, jobs


@pytest.mark.parametrize("changed", ["limit", "lift", "the key's"])
def test_moments_of_one_rate_are_kept_when_those_of_another_are_forgotten(make_job, changed):
    """What waits for the moments of two rates becomes due when one of them is changed: the other rate still holds."""
    key, jobs = two_rates(make_job)
    now = jobs[0].run_at + seconds(0.1)
    if changed == "lift":
        pausing.lift(MAIL, now=now)
    else:
        name = key if changed == "the key's" else MAIL
        pausing.limit(name, now=now, concurrency=None, rate=1000, burst=10)
    assert [again(job).not_before for job in jobs[1:]] == [None, None, None]
    started = [acquire(again(job), now=now, due_before=now + seconds(1)) for job in reversed(jobs[1:])]
    assert started == [None, None, None], "the rate that nobody has changed lets one start a second"
    assert [again(job).not_before for job in jobs[1:]] == [jobs[0].run_at + seconds(n) for n in (1, 2, 3)]
    assert sentences.missed_moment(again(jobs[1]).waited_for) is None, "it has not passed, and is its own again"
    for number, job in enumerate(jobs[1:], start=1):
        at = jobs[0].run_at + seconds(number)
        assert acquire(again(job), now=at - seconds(0.2), due_before=at + seconds(1)) is not None


def test_what_somebody_has_written_in_the_sentence_of_a_rate_keeps_nobody_from_starting(make_job):
    Limit.objects.create(name="mail", rate=2)
    jobs = [make_job(1, queue="mail") for _ in range(2)]
    assert acquire(jobs[0]) is not None
    said = sentences.RATE_GAVE_ANEW(limit=MAIL, passed=NOW, moment=NOW).replace(f"{NOW:%Y-%m-%d}", "yesterday")
    Job.objects.filter(pk=jobs[1].pk).update(waited_for=said)
    assert acquire(again(jobs[1])) is None
    assert again(jobs[1]).not_before == jobs[0].run_at + seconds(0.5)
