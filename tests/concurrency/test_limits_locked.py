"""Nobody waits for a limit: whoever finds it locked goes on, and nobody is forgotten for it."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from django.db import OperationalError, connection, transaction

from jobs import transitions
from jobs.models import Job, Kind, Limit
from jobs.scheduler.turns import Turns
from jobs.transitions import AcquireRequest, WorkerIdentity
from jobs.transitions.limits import pausing, promotion
from jobs.transitions.limits.names import Name
from tests.concurrency.steps import LATER, acquire, beside, finish, locked, rows
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = WorkerIdentity("w@test", uuid.uuid4())


def test_who_finds_a_limit_locked_is_told_at_once_and_others_start():
    shut, free, plain = (rows(1, **fields)[0] for fields in ({"key": "a"}, {"key": "b"}, {}))
    go, future = locked("key:a", 30)
    began = time.monotonic()
    wanted = [AcquireRequest(job.pk, 1, uuid.uuid4()) for job in (shut, free, plain)]
    got = transitions.acquire(wanted, worker=WORKER, now=NOW, due_before=LATER, sharing=True)
    assert {one.job_id for one in got.started} == {free.pk, plain.pk}
    assert [(one.job_id, name) for one, name in got.busy] == [(shut.pk, Name(Kind.KEY, "a"))]
    finish(next(one for one in got.started if one.job_id == free.pk))
    assert promotion.promote([Name(Kind.KEY, "a")], now=NOW, seconds=1.0) == set(), "nobody waits for it"
    assert time.monotonic() - began < 5, "nobody has waited"
    go.set()
    future.result(10)
    assert acquire(shut) is not None


def test_a_rate_that_somebody_has_locked_is_not_waited_for():
    Limit.objects.create(name="default", rate=1000)
    job = rows(1)[0]
    with transaction.atomic():
        Limit.objects.select_for_update().get()
        by = {"worker": WORKER, "now": NOW, "due_before": LATER, "sharing": True}
        got = beside(lambda: transitions.acquire([AcquireRequest(job.pk, 1, uuid.uuid4())], **by)).result(10)
        assert [one.job_id for one, _ in got.busy] == [job.pk]


def test_a_turn_that_passes_a_locked_row_by_comes_back_to_it():
    first, second = rows(2, key="pay")
    started = acquire(first)
    assert acquire(second) is None
    with transaction.atomic():
        list(Job.objects.to_be_waited_for([second.pk]))
        beside(lambda: finish(started)).result(10)
        again = beside(lambda: promotion.promote([Name(Kind.KEY, "pay")], now=NOW, seconds=1.0)).result(10)
        assert again == {Name(Kind.KEY, "pay")}, "somebody is to look again"
    promotion.promote(again, now=NOW, seconds=1.0)
    second.refresh_from_db()
    assert second.holds == 0


def test_who_dies_after_an_end_leaves_the_turn_to_the_leader(monkeypatch):
    first, second = rows(2, key="pay")
    started = acquire(first)
    acquire(second)
    monkeypatch.setattr(promotion, "_look", lambda names, now: None)  # as if killed after its COMMIT
    finish(started)
    second.refresh_from_db()
    assert second.holds != 0
    Turns()(now=NOW)
    second.refresh_from_db()
    assert second.holds == 0


@pytest.mark.parametrize("fields", [{"key": "pay"}, {"queue": "mail"}])
def test_nobody_overtakes_one_whose_turn_nobody_has_noticed(monkeypatch, fields):
    """There is a free place, and somebody has waited longer for it than who comes now."""
    Limit.objects.create(name="mail", concurrency=1)
    first, second, late = rows(3, **fields)
    started = acquire(first)
    assert acquire(second) is None
    monkeypatch.setattr(promotion, "_look", lambda names, now: None)  # as if killed after its COMMIT
    finish(started)
    assert acquire(late) is None
    monkeypatch.undo()
    Turns()(now=NOW)
    second.refresh_from_db()
    assert second.holds == 0


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return cursor.fetchone()[0]


def test_a_pause_waits_for_a_start_that_is_being_committed():
    job = rows(1, queue="mail")[0]
    Limit.objects.create(name="mail", concurrency=5)
    taken, go = threading.Event(), threading.Event()

    def take():
        with transaction.atomic():
            started = acquire(job)
            taken.set()
            go.wait(10)
            return started

    taking = beside(take)
    assert taken.wait(10)
    pausing_it = beside(lambda: pausing.pause(Name(Kind.QUEUE, "mail"), now=NOW, reason=""))
    waited = False
    while not waited and not pausing_it.done():
        waited = waits_for_a_lock()
    go.set()
    assert waited
    assert taking.result(10) is not None
    pausing_it.result(10)


def test_a_pause_is_answered_although_somebody_has_its_lock(monkeypatch):
    monkeypatch.setattr(pausing, "PATIENCE", "50ms")
    go, future = locked("queue:mail", 30)
    pausing.pause(Name(Kind.QUEUE, "mail"), now=NOW, reason="")
    assert Limit.objects.paused().exists()
    go.set()
    future.result(10)


def test_a_pause_that_the_database_does_not_make_is_not_answered():
    go, future = locked("queue:mail", 30)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
        try:
            with pytest.raises(OperationalError, match="statement timeout"):
                pausing.pause(Name(Kind.QUEUE, "mail"), now=NOW, reason="")
        finally:
            cursor.execute("RESET statement_timeout")
    assert not Limit.objects.exists()
    go.set()
    future.result(10)
