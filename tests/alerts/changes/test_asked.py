"""Changes of jobs that are no start and no end: creation, and what people ask of a job."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs import transitions
from jobs.alerts.changes import asking, reading
from jobs.alerts.changes.horizon import Upto
from jobs.clock import clock
from jobs.models import Attempt, Audit, Job, Subscription, Verb
from jobs.models.subscription import JobChange
from jobs.states import Hold, State
from tests.conftest import NOW, seconds
from tests.rights.conftest import make_team  # noqa: F401
from tests.rollups.steps import attempt_of, end, start

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parents[3] / "docs" / "job-events.md"


def newest() -> Upto:
    def last(model: Any) -> int:
        return model.objects.order_by("-id").values_list("id", flat=True).first() or 0

    return Upto(last(Attempt), last(Audit), last(Job))


@pytest.fixture
def subscribe(make_destination: Any) -> Any:
    hook = make_destination("hook", "webhook", "https://hooks.example.com/")

    def make(**more: Any) -> Subscription:
        row = Subscription.objects.create(destination=hook, **more)
        look(row)
        return row

    return make


def look(row: Subscription) -> bool:
    return reading.read(row.pk, newest(), "urn:runat:test", NOW).more


def events(row: Subscription) -> list[dict[str, Any]]:
    """Each once, as a receiver has them that knows ids."""
    sent = [one for delivery in row.destination.deliveries.filter(event="jobs").order_by("id") for one in delivery.data]
    found: dict[str, dict[str, Any]] = {}
    for one in sent:
        found.setdefault(one["id"], one)
    return list(found.values())


def told(row: Subscription) -> list[tuple[str, int]]:
    return [(one["type"].removeprefix("runat.job."), int(one["subject"])) for one in events(row)]


def asked(job: Job, verb: Verb, before: State, after: State, at: Any = NOW) -> None:
    reason = "because" if before == State.INTERRUPTED else ""
    Audit.objects.create(job=job, verb=verb, at=at, from_state=before, to_state=after, reason=reason)


def test_what_people_ask_of_a_job_is_told_in_the_order_in_which_they_have_asked(subscribe: Any, make_job: Any) -> None:
    """By the verbs themselves, as REST and the pages use them."""
    row, now, ada = subscribe(), clock.current(), User.objects.create_superuser("ada")
    job = make_job(3600, now=now)
    done = [
        transitions.reschedule(job.pk, run_at=now + timedelta(hours=2), now=now, by=ada),
        transitions.cancel(job.pk, now=now, by=ada, reason=""),
        transitions.retry(job.pk, now=now, by=ada, reason=""),
        transitions.edit(job.pk, {"name": "books"}, now=now, by=ada),
        transitions.run_now(job.pk, now=now, by=ada, reason=""),
    ]
    assert [one.why for one in done if not one.done] == []
    look(row)
    assert told(row) == [
        ("created", job.pk),
        ("rescheduled", job.pk),
        ("cancelled", job.pk),
        ("requeued", job.pk),
        ("edited", job.pk),
        ("rescheduled", job.pk),
    ]
    assert [one["data"]["was"] for one in events(row)] == [
        None,
        "pending",
        "pending",
        "cancelled",
        "pending",
        "pending",
    ]


@pytest.mark.parametrize(
    ("verb", "before", "after", "what"),
    [
        (Verb.APPROVE, State.PENDING, State.PENDING, "approved"),
        (Verb.APPROVE, State.PENDING, State.CANCELLED, "cancelled"),
        (Verb.RETRY, State.FAILED, State.PENDING, "requeued"),
        (Verb.RETRY, State.CANCELLED, State.PENDING, "requeued"),
        (Verb.CONFIRM_DONE, State.INTERRUPTED, State.COMPLETED, "confirmed_done"),
        (Verb.CONFIRM_FAILED, State.INTERRUPTED, State.FAILED, "confirmed_failed"),
        ("keep", State.FAILED, State.FAILED, None),
        ("redact", State.FAILED, State.FAILED, None),
    ],
)
def test_what_each_line_of_the_audit_is_told_as(
    subscribe: Any, verb: Any, before: State, after: State, what: str | None
) -> None:
    job = Job.objects.create(target="demo.noop", payload={}, run_at=NOW, holds=Hold.APPROVAL)
    row = subscribe()
    asked(job, verb, before, after)
    look(row)
    assert told(row) == ([] if what is None else [(what, job.pk)])


def test_a_creation_stands_before_its_start_however_many_were_created(
    subscribe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = subscribe()
    monkeypatch.setattr(asking, "AT_A_TIME", 3)
    started = [start(NOW + seconds(n)) for n in range(7)]
    turns = 0
    while look(row):
        turns += 1
        assert turns < 12
    found = told(row)
    assert sorted(found) == sorted([(what, one.job_id) for one in started for what in ("created", "started")]), (
        "each once"
    )
    assert all(found.index(("created", one.job_id)) < found.index(("started", one.job_id)) for one in started)


def test_who_does_not_want_creations_is_not_asked_for_them(subscribe: Any, django_assert_max_num_queries: Any) -> None:
    row = subscribe(types=["started"])
    Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    upto = newest()
    # The row, what waits, what has ended of what is open, how far it has come; two of a savepoint.
    with django_assert_max_num_queries(6):
        reading.read(row.pk, upto, "urn:runat:test", NOW)
    assert told(row) == []
    row.refresh_from_db()
    assert row.jobs_upto == upto.jobs


def test_a_retry_stands_before_the_start_after_it_also_where_more_is_read_than_a_batch_has(
    subscribe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(NOW)
    end(first, 3)
    job = Job.objects.get(pk=first.job_id)
    row = subscribe()
    asked(job, Verb.RETRY, State.FAILED, State.PENDING, NOW + seconds(5))
    attempt_of(job, number=2, at=NOW + seconds(9))
    for n in range(3):
        start(NOW + seconds(20 + n))
    monkeypatch.setattr(asking, "AT_A_TIME", 2)
    while look(row):
        pass
    assert [what for what, of in told(row) if of == job.pk] == ["requeued", "started"]


def test_one_that_began_under_the_release_before_hears_of_creations_from_now_on(subscribe: Any) -> None:
    row = subscribe()
    Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    Subscription.objects.update(jobs_upto=None)
    look(row)
    assert told(row) == []
    job = Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    look(row)
    assert told(row) == [("created", job.pk)]


def test_a_team_hears_of_its_jobs_as_long_as_the_destination_is_open_to_it(
    make_destination: Any,
    make_team: Any,  # noqa: F811
) -> None:
    books = make_team("books")
    hook = make_destination("hook", "webhook", "https://hooks.example.com/")
    row = Subscription.objects.create(destination=hook, of_team=books)
    look(row)
    row.refresh_from_db()
    assert row.jobs_upto is None, "it is not open to it"
    hook.teams.add(books)
    look(row)
    ours = Job.objects.create(target="demo.noop", payload={}, run_at=NOW, labels={"team": "books"})
    Job.objects.create(target="demo.noop", payload={}, run_at=NOW)
    look(row)
    assert told(row) == [("created", ours.pk)]
    hook.teams.clear()
    assert [one.is_on for one in Subscription.objects.places()] == [False]
    reading.forget(row.pk, NOW)
    row.refresh_from_db()
    assert (row.starts_upto, row.jobs_upto) == (None, None)


def test_the_page_names_each_type() -> None:
    assert set(re.findall(r"^\| `runat\.job\.(\w+)` \|", PAGE.read_text(), re.MULTILINE)) == set(JobChange.values)
