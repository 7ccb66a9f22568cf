"""What is counted for somebody counts what he sees; what cannot be parted by teams is for those who see all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.urls import reverse

from jobs.clock import clock
from jobs.models import Batch, Job, Leadership, Stop, WorkerLog
from jobs.monitor import broker, snapshot, verdict
from jobs.monitor.broker import Depths
from jobs.rights import EVERYTHING, Reach, reach_of
from jobs.states import State
from tests.api.conftest import bearer
from tests.monitor import rows
from tests.rights.conftest import page_of
from tests.rights.world import make, worker

JSON = {"content_type": "application/json"}


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def at(db: None) -> datetime:
    return clock.current()


@pytest.fixture
def batch(ada: User) -> Batch:
    """A batch of one job of ours that waits, and of three of others, of which one has failed."""
    batch: Batch = make("batch", "ours", ada)
    for state in (State.FAILED, State.PENDING, State.PENDING):
        Job.objects.filter(pk=make("job", "theirs", ada, state=state).pk).update(batch=batch)
    return batch


def test_of_a_batch(ada: User, root: User, batch: Batch) -> None:
    address = f"/api/v1/batches/{batch.pk}/"
    seen, whole = bearer(ada).get(address).json(), bearer(root).get(address).json()
    assert (seen["jobs"], seen["states"]["pending"], seen["states"]["failed"], seen["done"]) == (1, 1, 0, 0)
    assert (whole["jobs"], whole["states"]["pending"], whole["states"]["failed"], whole["done"]) == (4, 3, 1, 0.25)


def test_of_a_batch_in_the_admin(ada: User, root: User, batch: Batch) -> None:
    def shown(user: User) -> tuple[str, list[str]]:
        listed = page_of(user).get(reverse("admin:jobs_batch_changelist")).content.decode()
        page = page_of(user).get(reverse("admin:jobs_batch_change", args=[batch.pk])).content.decode()
        return re.findall(r"(\d of \d)</a>", listed)[0], re.findall(r"(\d) <span[^>]*>.*?</span>", page)

    assert shown(ada) == ("0 of 1", ["1"])
    assert shown(root) == ("1 of 4", ["3", "1"])


def test_of_a_minute_for_which_a_schedule_is_planned(ada: User, root: User) -> None:
    at = datetime(2099, 1, 1, 2, 30, tzinfo=UTC)
    for whose in ("ours", "theirs", "theirs"):
        Job.objects.filter(pk=make("job", whose, ada).pk).update(run_at=at)
    asked = {"dialect": "cron", "expression": "30 2 1 1 *", "starts_at": "2099-01-01T00:00:00Z"}
    ada.user_permissions.add(Permission.objects.get(codename="add_schedule"))
    for user, wanted in ((ada, 1), (root, 3)):
        answer = bearer(user).post("/api/v1/schedules/preview/", asked, **JSON).json()
        assert answer["starts"][0]["planned"] == wanted
        page = page_of(user).post(reverse("admin:jobs_schedule_preview"), {**asked, "time_zone": "UTC"})
        assert f">{wanted} job{'s' if wanted > 1 else ''}<" in page.content.decode()


def test_of_jobs_that_wait_for_the_end_of_a_stop(ada: User, root: User) -> None:
    now = clock.current()
    for whose in ("ours", "theirs"):
        Job.objects.filter(pk=make("job", whose, ada).pk).update(run_at=now - timedelta(seconds=1))
    Stop.objects.create(
        begins_at=now - timedelta(hours=1), until=now + timedelta(hours=2), reason="Disks.", created_at=now
    )
    assert "<dd>1; 1 at its end</dd>" in page_of(ada).get("/stop/").content.decode()
    assert "<dd>2; 2 at its end</dd>" in page_of(root).get("/stop/").content.decode()


def test_what_the_leader_found_is_for_those_who_see_all(ada: User, root: User) -> None:
    rows.leader(clock.now(), listed=timedelta(seconds=1))
    Leadership.objects.update(listed=1234)
    for user, wanted in ((ada, None), (root, 1234)):
        assert bearer(user).get("/api/v1/stats/").json()["leader"]["listed"] == wanted
        cache.clear()
        assert ("1,234 due jobs found" in page_of(user).get("/").content.decode()) == (wanted == 1234)
        for address, args in (("changelist", []), ("change", [1])):
            text = page_of(user).get(reverse(f"admin:jobs_leadership_{address}", args=args)).content.decode()
            assert ("1,234" in text) == (wanted == 1234)


def test_a_window_that_is_not_sent_yet_has_no_number_for_a_team(ada: User, at: datetime) -> None:
    rows.leader(at, listed=timedelta(seconds=7), published_at=None)

    def said(reach: Reach) -> str:
        seen = snapshot.take(at, broker.client.depths, reach)
        return next(p.what for p in verdict.judge(seen).problems if "published yet" in p.what)

    assert said(reach_of(ada)) == "The last window's jobs are not all published yet."
    assert said(EVERYTHING) == "The last window's 4 jobs are not all published yet."


def test_messages_of_a_queue_are_for_its_team(ada: User) -> None:
    def depths(names: Any) -> Depths:
        return Depths(reachable=True, waiting=dict.fromkeys(names, 7))

    make("limit", "ours", ada)
    make("job", "ours", ada)  # in the queue `default`, which nobody owns
    one = worker()
    type(one).objects.update(queues=["default", "ours-q"], heartbeat_at=clock.now())
    for reach, wanted in ((reach_of(ada), {"default": None, "ours-q": 7}), (EVERYTHING, {"default": 7, "ours-q": 7})):
        seen = snapshot.take(clock.now(), depths, reach)
        assert {line.name: line.waiting for line in seen.queues} == wanted


def test_that_all_slots_are_busy_is_told_by_whomever(ada: User, at: datetime) -> None:
    """Or a team would be told to wait for the next windows, while jobs of others have all the slots."""
    session = rows.worker(at).session
    rows.leader(at)
    for _ in range(5):
        rows.running(at, session=session)
    late = make("job", "ours", ada)
    Job.objects.filter(pk=late.pk).update(run_at=at - timedelta(seconds=5), enqueued_at=at)
    seen = snapshot.take(at, broker.client.depths, reach_of(ada))
    assert seen.running_count == 0
    assert "All 5 slots are busy" in next(p.remedy for p in verdict.judge(seen).problems if "overdue" in p.what)


def test_the_log_of_what_was_asked_of_the_database_is_for_those_who_see_all(ada: User, root: User) -> None:
    WorkerLog.objects.create(action=WorkerLog.Action.QUERYLIST, client="beat", results=12_345, at=clock.now())
    address = reverse("admin:jobs_workerlog_changelist")
    assert page_of(ada).get(address).status_code == 403
    assert "12,345" in page_of(root).get(address).content.decode()
    assert not Leadership.objects.filter(listed=12_345).exists()


def test_queues_of_others_at_a_worker_in_the_admin(ada: User, root: User) -> None:
    one = worker()
    type(one).objects.update(queues=["ours-q", "theirs-q"])
    address = reverse("admin:jobs_worker_change", args=[one.pk])
    assert "theirs-q" not in page_of(ada).get(address).content.decode()
    assert "ours-q, theirs-q" in page_of(root).get(address).content.decode()
