"""What is rare about limits, and each time decided."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection

from jobs.models import Audit, Job, Kind, Limit, Turn
from jobs.scheduler.turns import Turns
from jobs.states import Hold, Overlap, State
from jobs.transitions.limits import pausing, promotion
from jobs.transitions.limits.names import Name
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again, finish

pytestmark = pytest.mark.django_db
MAIL, PAY = Name(Kind.QUEUE, "mail"), Name(Kind.KEY, "pay")


def test_nobody_overtakes_the_line_of_a_queue_with_room(make_job, published):
    Limit.objects.create(name="mail", concurrency=2)
    first, second = make_job(1, queue="mail"), make_job(2, queue="mail")
    Job.objects.filter(pk=first.pk).update(holds=Hold.QUEUE)  # nobody has looked yet
    assert acquire(second) is None
    assert again(second).waited_for == "Others had waited longer for the queue 'mail'."


def test_one_whose_key_was_taken_while_its_queue_held_it_gives_that_place_back(make_job, published):
    Limit.objects.create(name="mail", concurrency=1)
    first = acquire(make_job(1, queue="mail"))
    skips = make_job(2, queue="mail", key="pay", overlap=Overlap.SKIP)
    last = make_job(3, queue="mail")
    assert acquire(skips) is None
    assert acquire(last) is None
    runs = make_job(4, key="pay", queue="other")
    assert acquire(runs) is not None
    finish(first)
    assert Turn.objects.filter(job_id=skips.pk, kind=Kind.QUEUE).exists(), "it is decided at its start"
    assert acquire(again(skips)) is None
    assert again(skips).state == State.SKIPPED
    assert again(skips).reason == f"Job {runs.pk} of the key 'pay' ran at its time."
    assert again(last).holds == 0


def test_to_resume_what_is_not_paused_changes_nothing(make_job):
    pausing.resume(MAIL, now=NOW)
    assert not Audit.objects.exists()
    assert not Limit.objects.exists()


@pytest.mark.parametrize(("key", "wrong"), [("", True), ("k" * 201, True), ("pay", False)])
def test_a_key_has_a_name(key, wrong):
    assert bool(pausing.name_problems(Name(Kind.KEY, key))) == wrong
    if wrong:
        with pytest.raises(ValidationError):
            pausing.limit(Name(Kind.KEY, key), now=NOW, concurrency=1, rate=None, burst=1)


def test_an_error_is_left_to_the_leader(make_job, published, monkeypatch, caplog):
    """Whoever has committed must not hear of it: his own work is done."""

    def fails(*args, **more):
        raise OperationalError("the server is gone")

    monkeypatch.setattr(promotion, "promote", fails)
    promotion._look({MAIL}, NOW)
    assert "1 limits could not be looked at (the server is gone); the leader looks again" in caplog.text


def test_whoever_takes_it_over_is_told_and_nobody_looks_himself(monkeypatch):
    told = []
    monkeypatch.setattr(promotion, "promote", lambda *args, **more: pytest.fail("it looked"))
    promotion.hand_to(told.append)
    try:
        promotion._look({MAIL, PAY}, NOW)
    finally:
        promotion.hand_to(None)
    assert told == [{MAIL, PAY}]


def test_a_leader_without_time_goes_on_where_it_stopped(make_job, published):
    for n in range(3):
        first, second = make_job(1, key=f"k{n}"), make_job(2, key=f"k{n}")
        assert acquire(first) is not None
        assert acquire(second) is None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET state = 3, finished_at = %s WHERE state = 1", [NOW])
    sweep = Turns()
    sweep(now=NOW, seconds=0)
    assert sweep.more
    assert Job.objects.filter(state=State.PENDING, holds=0).count() == 0
    sweep(now=NOW + seconds(1), seconds=60)
    assert not sweep.more
    assert Job.objects.filter(state=State.PENDING, holds=0).count() == 3
