"""A queue may be paused, hold so many at a time, start so many a second: its jobs are late then, never lost."""

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Audit, Job, Kind, Limit
from jobs.scheduler.turns import turns
from jobs.states import Hold, State
from jobs.transitions.limits import filling, pausing
from jobs.transitions.limits.names import Name, try_for
from tests.conftest import NOW, seconds
from tests.starts import list_and_mark
from tests.transitions.steps import acquire, again, finish

pytestmark = pytest.mark.django_db
MAIL = Name(Kind.QUEUE, "mail")


def test_a_paused_queue_starts_nothing_and_says_why(make_job, published):
    running = acquire(make_job(1, queue="mail"))
    pausing.pause(MAIL, now=NOW, reason="the server moves")
    waiting, elsewhere = make_job(1, queue="mail"), make_job(1)
    assert acquire(waiting) is None
    assert again(waiting).held_by == Hold.QUEUE
    assert again(waiting).waited_for == "The queue 'mail' was paused: the server moves."
    assert acquire(elsewhere) is not None
    assert finish(running), "what runs goes on"
    assert again(waiting).held_by == Hold.QUEUE
    published.clear()
    pausing.resume(MAIL, now=NOW)
    assert [listed.id for listed in published] == [waiting.pk]
    assert acquire(again(waiting)) is not None


def test_a_key_may_be_paused_too(make_job):
    pausing.pause(Name(Kind.KEY, "pay"), now=NOW, reason="")
    job = make_job(1, key="pay")
    assert acquire(job) is None
    assert again(job).waited_for == "The key 'pay' was paused."
    pausing.resume(Name(Kind.KEY, "pay"), now=NOW)
    assert again(job).holds == 0


def test_a_pause_of_what_cannot_be_is_refused():
    with pytest.raises(ValidationError, match="queue's name"):
        pausing.pause(Name(Kind.QUEUE, "amq.x"), now=NOW, reason="")
    with pytest.raises(ValidationError, match="shorten"):
        pausing.pause(MAIL, now=NOW, reason="x" * 1001)


@pytest.mark.parametrize("verb", ["resume", "limit", "lift"])
def test_so_is_a_reason_that_is_too_long(verb):
    more = {"concurrency": 1, "rate": None, "burst": 1} if verb == "limit" else {}
    with pytest.raises(ValidationError, match="shorten"):
        getattr(pausing, verb)(MAIL, now=NOW, by=pausing.By(None, "x" * 1001), **more)
    assert not Limit.objects.exists()
    assert not Audit.objects.exists()


def test_resuming_lets_go_of_everybody_however_many(make_job, monkeypatch, published):
    monkeypatch.setattr(filling, "FREED_AT_A_TIME", 2)
    pausing.pause(MAIL, now=NOW, reason="")
    jobs = [make_job(n, queue="mail") for n in range(1, 6)]
    for job in jobs:
        acquire(job)
    published.clear()
    pausing.resume(MAIL, now=NOW)
    assert [listed.id for listed in published] == [job.pk for job in jobs[:2]]
    assert not Job.objects.held().exists()
    listed = list_and_mark(now=NOW, horizon=NOW + seconds(10))
    assert {one.id for one in listed} == {job.pk for job in jobs[2:]}


def test_so_many_of_a_queue_run_at_a_time(make_job, published):
    Limit.objects.create(name="mail", concurrency=2)
    jobs = [make_job(n, queue="mail") for n in (1, 2, 3, 4)]
    started = [acquire(job) for job in jobs]
    assert [one is not None for one in started] == [True, True, False, False]
    assert again(jobs[2]).waited_for == "The queue 'mail' was full: 2 of it ran."
    published.clear()
    finish(started[0])
    assert [listed.id for listed in published] == [jobs[2].pk]
    assert acquire(again(jobs[3])) is None, "it is not the last one's turn"
    assert acquire(again(jobs[2])) is not None


def test_a_paused_queue_stays_full_when_one_ends(make_job):
    Limit.objects.create(name="mail", concurrency=1)
    first, second = make_job(1, queue="mail"), make_job(2, queue="mail")
    started = acquire(first)
    acquire(second)
    pausing.pause(MAIL, now=NOW, reason="")
    finish(started)
    assert again(second).held_by == Hold.QUEUE
    pausing.resume(MAIL, now=NOW)
    assert again(second).holds == 0


def test_a_turn_that_came_by_sql_is_found(make_job):
    first, second = make_job(1, key="pay"), make_job(2, key="pay")
    acquire(first)
    acquire(second)
    assert turns(now=NOW) == 0
    Job.objects.filter(pk=first.pk).update(state=State.FAILED, finished_at=NOW)  # by somebody's hand
    assert turns(now=NOW) == 1
    assert again(second).holds == 0


def test_a_queue_whose_rules_are_gone_holds_nobody(make_job):
    Limit.objects.create(name="mail", concurrency=1)
    jobs = [make_job(n, queue="mail") for n in (1, 2)]
    for job in jobs:
        acquire(job)
    Limit.objects.all().delete()
    turns(now=NOW)
    assert not Job.objects.held().exists()


def test_looking_for_turns_costs_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        turns(now=NOW)


def test_a_place_that_its_key_does_not_let_it_take_goes_to_the_next(make_job):
    """The queue's turn comes to one whose key is taken: another's is next, not in a minute."""
    Limit.objects.create(name="mail", concurrency=2)
    a1, b1 = make_job(1, queue="mail", key="a"), make_job(2, queue="mail", key="b")
    a2, b2 = make_job(3, queue="mail", key="a"), make_job(4, queue="mail", key="b")
    starts = [acquire(job) for job in (a1, b1, a2, b2)]
    assert [one is not None for one in starts] == [True, True, False, False]
    finish(starts[1])
    assert acquire(again(a2)) is None
    assert again(a2).held_by == Hold.KEY
    assert again(b2).holds == 0
    assert acquire(again(b2)) is not None


def test_one_place_is_given_once(make_job):
    """To the one whose key is free now, which takes it in its queue too."""
    Limit.objects.create(name="mail", concurrency=2)
    first, other = make_job(1, queue="mail", key="k"), make_job(3, queue="mail")
    next_of_key, next_of_queue = make_job(2, queue="mail", key="k"), make_job(4, queue="mail")
    started = acquire(first)
    Limit.objects.update(concurrency=3)
    assert acquire(next_of_key) is None
    Limit.objects.update(concurrency=2)
    assert acquire(other) is not None
    assert acquire(next_of_queue) is None
    finish(started)
    assert (again(next_of_key).holds, again(next_of_queue).held_by) == (0, Hold.QUEUE)


def test_one_that_waits_for_its_moment_holds_no_place(make_job):
    Limit.objects.create(name="mail", concurrency=1)
    Limit.objects.create(kind=Kind.KEY, name="slow", rate=0.001)
    finish(acquire(make_job(1, key="slow")))
    blocker = acquire(make_job(1, queue="mail"))
    late, free = make_job(2, queue="mail", key="slow"), make_job(3, queue="mail")
    Limit.objects.filter(name="slow").update(rate=None)
    assert acquire(late) is None
    Limit.objects.filter(name="slow").update(rate=0.001, next_start_at=NOW + seconds(3600))
    acquire(free)
    finish(blocker)
    assert again(late).held_by == Hold.KEY, "its key has no moment for an hour"
    assert again(free).holds == 0, "nobody keeps a place for an hour"


def test_one_whose_other_limit_somebody_else_decides_about_is_passed_by(make_job, monkeypatch):
    Limit.objects.create(name="mail", concurrency=1)
    first = make_job(1, queue="mail")
    keyed, plain = make_job(2, queue="mail", key="k"), make_job(3, queue="mail")
    started = acquire(first)
    assert (acquire(keyed), acquire(plain)) == (None, None)
    monkeypatch.setattr(filling, "try_for", lambda names: try_for([name for name in names if name == MAIL]))
    finish(started)
    assert (again(keyed).held_by, again(plain).holds) == (Hold.QUEUE, 0)
