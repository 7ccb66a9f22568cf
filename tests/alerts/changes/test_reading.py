"""Changes of jobs that a subscription hears of: each once in the log, in the order of each job, whatever commits late."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction
from django.test import Client

from jobs.alerts.changes import asking, reading
from jobs.alerts.changes.horizon import Horizon, Upto
from jobs.models import Attempt, Audit, Delivery, Destination, Job, Ownership, Subscription, Team, Verb
from jobs.models.subscription import OpenStart
from jobs.states import State
from tests.conftest import NOW, seconds
from tests.integration.conftest import wait_for
from tests.rollups.steps import attempt_of, end, ended, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_subscription(make_destination: Any) -> Any:
    hook = make_destination("hook", "webhook", "https://hooks.example.com/")

    def make(**more: Any) -> Subscription:
        row = Subscription.objects.create(destination=hook, **more)
        look(row)
        return row

    return make


def newest() -> Upto:
    """All that there is: in a test that does not commit nothing can come late."""
    last = Attempt.objects.order_by("-id").first()
    of_audit = Audit.objects.order_by("-id").first()
    return Upto(last.pk if last else 0, of_audit.pk if of_audit else 0)


def look(row: Subscription, now: datetime = NOW) -> bool:
    return reading.read(row.pk, newest(), "urn:runat:test", now).more


def told(row: Subscription) -> list[tuple[str, int]]:
    """What has been written down to be sent: the change and the job of each."""
    events = [
        event for one in row.destination.deliveries.filter(event="jobs").order_by("id") for event in one.data or ()
    ]
    assert len({event["id"] for event in events}) == len(events)
    return [(event["type"].removeprefix("runat.job."), int(event["subject"])) for event in events]


def cancelled(job: Job, at: datetime) -> None:
    Audit.objects.create(job=job, verb=Verb.CANCEL, at=at, from_state=State.PENDING, to_state=State.CANCELLED)


def test_each_change_once_in_the_order_of_its_job(make_subscription: Any) -> None:
    before = ended()
    row = make_subscription()
    one = start(NOW)
    assert not look(row)
    two = ended(NOW + seconds(1), 3)
    end(one, 2)
    look(row)
    again = attempt_of(Job.objects.get(pk=two.job_id), number=2, at=NOW + seconds(9))
    look(row)
    end(again, 5)
    look(row)
    look(row)
    assert told(row) == [
        ("started", one.job_id),
        ("completed", one.job_id),
        ("started", two.job_id),
        ("failed", two.job_id),
        ("started", two.job_id),
        ("interrupted", two.job_id),
    ]
    assert before.job_id not in {job for _, job in told(row)}, "it was over before somebody subscribed"
    assert not OpenStart.objects.exists()


def test_what_an_event_says(make_subscription: Any, settings: Any) -> None:
    settings.JOBS_PUBLIC_URL = "https://runat.example.com"
    team = Team.objects.create(name="accounts")
    Ownership.objects.create(team=team, kind="queue", name="pay")
    row = make_subscription(types=["failed"])
    attempt = ended(NOW, 3, queue="pay", late=0.002)
    Attempt.objects.update(failure="ValueError in shop:charge", error="ValueError: hunter2")
    look(row)
    (delivery,) = row.destination.deliveries.all()
    (event,) = delivery.data
    assert event["type"] == "runat.job.failed"
    assert event["time"] == "2030-01-01T12:00:03.252000Z"
    assert event["data"] == {
        "job": attempt.job_id,
        "address": f"https://runat.example.com/jobs/{attempt.job_id}/",
        "queue": "pay",
        "target": "demo.noop",
        "team": "accounts",
        "schedule": None,
        "attempt": 1,
        "worker": "w1@host",
        "run_at": "2030-01-01T12:00:03Z",
        "started_at": "2030-01-01T12:00:03.002000Z",
        "failure": "ValueError in shop:charge",
        "was": None,
    }


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({}, 4),
        ({"queue": "pay"}, 2),
        ({"queue": "pay", "types": ["completed"]}, 1),
        ({"target": "demo.fail"}, 0),
        ({"team": "accounts"}, 2),
        ({"team": "accounts", "queue": "mail"}, 0),
    ],
)
def test_only_what_is_subscribed_to(make_subscription: Any, wanted: dict[str, Any], number: int) -> None:
    Team.objects.create(name="accounts")
    row = make_subscription(**wanted)
    ended(NOW, queue="pay", labels={"team": "accounts"})
    ended(NOW, queue="mail")
    look(row)
    assert len(told(row)) == number


def test_a_cancellation_stands_before_the_start_that_came_after_it(make_subscription: Any) -> None:
    row = make_subscription()
    job = Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    other = Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    cancelled(job, NOW - seconds(5))
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, attempt=1, locked_at=NOW)
    attempt = attempt_of(job)
    cancelled(other, NOW)
    look(row)
    end(attempt)
    look(row)
    assert told(row) == [
        ("cancelled", job.pk),
        ("started", job.pk),
        ("cancelled", other.pk),
        ("completed", job.pk),
    ]


def test_much_is_read_in_bounded_batches_and_nothing_is_left_out(
    make_subscription: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_A_TIME", 3)
    row = make_subscription()
    attempts = [ended(NOW + seconds(n)) for n in range(7)]
    job = Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    for n in range(4):
        cancelled(job, NOW + seconds(20 + n))
    turns = 0
    while look(row):
        turns += 1
        assert turns < 10
    wanted = [(what, one.job_id) for one in attempts for what in ("started", "completed")]
    assert told(row) == [*wanted, *[("cancelled", job.pk)] * 4]
    assert max(len(one.data) for one in row.destination.deliveries.all()) <= 6 + 3


def test_an_end_stands_before_the_next_start_of_its_job_however_many_have_ended(
    make_subscription: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_subscription()
    firsts = [start(NOW + seconds(n)) for n in range(4)]
    look(row)
    for one in firsts:
        end(one, 3)
    again = attempt_of(Job.objects.get(pk=firsts[-1].job_id), number=2, at=NOW + seconds(9))
    monkeypatch.setattr(asking, "AT_A_TIME", 2)
    while look(row):
        pass
    of_it = [what for what, job in told(row) if job == again.job_id]
    assert of_it == ["started", "failed", "started"]


def test_while_a_destination_takes_nothing_the_rest_waits_in_the_ledger(
    make_subscription: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_WAITING", 2)
    row = make_subscription(types=["started"])
    attempts = []
    for n in range(4):
        attempts.append(ended(NOW + seconds(n)))
        look(row)
    assert len(told(row)) == 2
    Delivery.objects.update(done_at=NOW)
    look(row)
    assert told(row) == [("started", one.job_id) for one in attempts]


def test_one_batch_after_the_other_is_due(make_subscription: Any, make_destination: Any) -> None:
    row = make_subscription(types=["started"])
    other = Subscription.objects.create(destination=make_destination("other", "webhook", "https://o.example.com"))
    look(other)
    for n in range(2):
        ended(NOW + seconds(n))
        look(row)
    look(other)
    first, second, of_other = Delivery.objects.order_by("id")
    assert Delivery.objects.due(NOW, without=[], most=8) == [first, of_other]
    Delivery.objects.filter(pk=first.pk).update(done_at=NOW)
    assert Delivery.objects.due(NOW, without=[], most=8) == [second, of_other]


@pytest.mark.parametrize("what", ["subscription", "destination"])
def test_one_that_is_switched_off_hears_nothing_and_then_what_happens_from_then_on(
    make_subscription: Any, what: str
) -> None:
    row = make_subscription()
    start(NOW)
    look(row)
    ended(NOW)
    off = Subscription.objects if what == "subscription" else Destination.objects
    reading.forget(row.pk, NOW)
    off.update(enabled=False)
    look(row)
    assert len(told(row)) == 1
    for _ in range(2):
        reading.forget(row.pk, NOW)
    note = Delivery.objects.order_by("-id")[0]
    assert (Delivery.objects.count(), note.outcome) == (2, "failed")
    assert f"Subscription {row.pk} (all changes of all jobs) is switched off" in note.error
    ended(NOW)
    off.update(enabled=True)
    look(row)
    assert len(told(row)) == 1, "it begins again, and its pause is not told"
    assert not OpenStart.objects.exists()
    last = ended(NOW)
    look(row)
    assert told(row)[1:] == [("started", last.job_id), ("completed", last.job_id)]


def test_what_it_costs(make_subscription: Any, django_assert_max_num_queries: Any) -> None:
    row = make_subscription()
    # The row, what waits, what has ended of what is open; two of `newest`, two of a savepoint.
    with django_assert_max_num_queries(7):
        look(row)
    for n in range(20):
        start(NOW + seconds(n))
    # As above; the starts, which have not ended, the position, the delivery.
    with django_assert_max_num_queries(11):
        look(row)


@pytest.mark.django_db(transaction=True)
def test_the_horizon_waits_for_whoever_has_an_id_and_has_not_committed() -> None:
    """An id below the newest that commits later is not passed by."""
    got, may_commit = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic(), connections["default"].cursor() as cursor:
                cursor.execute(
                    "INSERT INTO jobs_audit (subject, name, verb, at) VALUES ('worker', 'w', 'drain', now())"
                )
                got.set()
                may_commit.wait(30)
        finally:
            connections["default"].close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert got.wait(30)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO jobs_audit (subject, name, verb, at) VALUES ('worker', 'v', 'drain', now())")
        horizon = Horizon()
        newest_id = Audit.objects.latest("id").pk
        for turn in range(5):
            assert horizon.look(NOW + timedelta(seconds=3 * turn)) is None, "one is under way that may be below"
        may_commit.set()
        thread.join(30)
        later = (NOW + timedelta(seconds=20 + 3 * turn) for turn in count())
        # Transactions of other tests count, too: numbers are one row for all databases of a server.
        found = wait_for(lambda: horizon.look(next(later)), "transactions of others to end")
    finally:
        may_commit.set()
        thread.join(30)
    assert found.audit == newest_id
    assert Audit.objects.filter(pk__lte=newest_id).count() == 2


def test_an_administrator_subscribes_a_webhook_and_no_mail(admin_client: Client, make_destination: Any) -> None:
    hook = make_destination("hook", "webhook", "https://hooks.example.com/")
    mail = make_destination("mail")
    form = {"destination": str(mail.pk), "types": ["failed", "completed"], "queue": "pay", "enabled": "on"}
    refused = admin_client.post("/admin/jobs/subscription/add/", form).content.decode()
    assert "told to webhooks only" in refused
    assert admin_client.post("/admin/jobs/subscription/add/", form | {"destination": str(hook.pk)}).status_code == 302
    row = Subscription.objects.get()
    assert (row.types, str(row)) == (["failed", "completed"], "failed, completed of queue pay")
    assert Audit.objects.get(subject="subscription").after["destination"] == "hook"
    row.types = ["deleted"]
    with pytest.raises(ValidationError, match="Choose some of"):
        row.full_clean()
