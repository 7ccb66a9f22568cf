"""Jobs of a transaction: there, and published, when it commits; never, when it is rolled back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction

from jobs import schedule, schedule_many
from jobs.models import Attempt, Job
from jobs.publishing import late
from tests.python.conftest import ahead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return the ids of the jobs whose messages have gone to the broker."""
    ids: list[int] = []

    def send_each(bundles: list[Any], send: Any) -> None:
        ids.extend(one.id for bundle in bundles for one in bundle)
        bundles.clear()

    monkeypatch.setattr(late, "send_each", send_each)
    return ids


def as_others_see_it() -> int:
    """Return how many jobs another session sees."""
    found: list[int] = []

    def look() -> None:
        found.append(Job.objects.count())
        connections.close_all()

    other = threading.Thread(target=look)
    other.start()
    other.join()
    return found[0]


def test_a_job_is_there_and_published_only_after_the_commit(sent):
    with transaction.atomic():
        first, later = schedule("demo.noop"), schedule("demo.noop", run_at=ahead())
        many = schedule_many([{"target": "demo.noop"}] * 2)
        assert (sent, as_others_see_it()) == ([], 0)
    assert sorted(sent) == sorted([first.id, *many])
    assert as_others_see_it() == 4
    assert Job.objects.get(pk=later.id).enqueued_at is None


def test_a_rollback_takes_its_jobs_with_it_and_no_message_goes_out(sent):
    with transaction.atomic():
        schedule("demo.noop")
        schedule_many([{"target": "demo.noop"}] * 2, idempotency_key="k")
        transaction.set_rollback(True)
    assert (sent, Job.objects.count(), Attempt.objects.count()) == ([], 0, 0)
    schedule("demo.noop", idempotency_key="k/0")
    assert len(sent) == 1


def test_a_savepoint_that_is_rolled_back_takes_only_its_own(sent):
    with transaction.atomic():
        kept = schedule("demo.noop")
        with transaction.atomic():
            schedule("demo.noop")
            transaction.set_rollback(True)
    assert sent == [kept.id]
    assert list(Job.objects.values_list("pk", flat=True)) == [kept.id]


def test_programs_that_name_nobody_create_once_with_one_key(sent):
    """No constraint of the table holds for them: it has the creator in it."""
    at, barrier, made = ahead(), threading.Barrier(6), []

    def create() -> None:
        try:
            barrier.wait(30)
            made.append(schedule("demo.noop", run_at=at, idempotency_key="november"))
        finally:
            connections.close_all()

    contenders = [threading.Thread(target=create) for _ in range(6)]
    for one in contenders:
        one.start()
    for one in contenders:
        one.join(60)
    assert {handle.id for handle in made} == {Job.objects.get().pk}
    assert sorted(handle.created for handle in made) == [False] * 5 + [True]
