"""An operator finds a worker that is stuck, looks where its jobs are, and drains it; she goes on to the queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from jobs.models import Worker
from jobs.nodes import stacks
from jobs.nodes.stacks import Answer, Frame, Stack
from tests.browser.test_a_day_at_work import until
from tests.monitor.overview.rows import sampled
from tests.monitor.rows import leader, pending, running, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STUCK = "celery@worker-of-the-department-of-accounts.internal.example.com"
WAY = (
    Frame("books.closing", "close_year", 112, "for ledger in ledgers_of(year):"),
    Frame("books.closing", "Ledger.lock", 31, "lock.acquire()  # waits for whoever has it, and that is itself"),
)


@pytest.fixture
def stuck(many: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """All slots of a worker are in one line of code; it says so."""
    now = datetime.now(tz=UTC)
    leader(now)
    full = worker(now, STUCK, queues=["mail", "default"], slots=3, cpu=3.0, memory=40.0, load=0.1)
    Worker.objects.filter(pk=full.pk).update(
        versions={"RunAt": "0.1.0", "Python": "3.11.9", "Celery": "5.6.0"},
        waiting=40,
        minutes_until=now.replace(second=0, microsecond=0) - timedelta(minutes=1),
        minute_starts=[*range(40, 0, -1), *[0] * 20],
        minute_use=[*range(20, 60), *[100] * 20],
    )
    worker(now, "w2@host", queues=["reports"])
    for ago in (1, 2, 31, 32):
        sampled(now - timedelta(minutes=ago), queue="mail", pending=12 * ago, overdue=1, oldest=61.0, busy=3, slots=3)
    held = [
        running(now, session=full.session, queue="mail", name=f"books of {year}", key=f"books-{year}")
        for year in (2023, 2024, 2025)
    ]
    for job in held:
        job.attempts.update(run_at=now - timedelta(minutes=20), locked_at=now - timedelta(minutes=20))
    pending(now - timedelta(minutes=3), name="salaries of May", queue="mail", enqueued_at=now, deliveries=3)
    monkeypatch.setattr(stacks, "ask", lambda name, ids: Answer({one: Stack(WAY, 0) for one in ids}))
    return {"jobs": held, "worker": full}


def test_the_stuck_one_is_drained_after_a_look_at_its_stack(somebody: Any, stuck: Any) -> None:
    grace = somebody("operator")
    with grace.task("See where the jobs of a worker are in their code"):
        grace.press("Workers", within="")
        grace.reads("3 of 3")
        grace.picture("Workers")
        grace.press(STUCK)
        grace.reads("books of 2024")
        grace.press("Look where its jobs are")
        grace.reads("lock.acquire()")
        grace.reads("books.closing:31 in Ledger.lock")
    with grace.task("Drain a worker that is stuck", begin=f"/workers/{STUCK}/"):
        grace.press("Drain")
        grace.type("reason", "all its slots wait for one lock")
        grace.press("Drain", within="content")
        grace.reads("takes no more jobs; what it runs ends there.")
        grace.reads(f"Worker {STUCK}")
    until(grace.browser, lambda: Worker.objects.filter(drained_at__isnull=False).exists())


def test_a_queue_is_paused_from_its_page(somebody: Any, stuck: Any) -> None:
    grace = somebody("operator")
    with grace.task("See what is wrong with a queue"):
        grace.press("Queues")
        grace.reads("what is wrong first")
        grace.picture("Queues")
        grace.press("mail", within="queues")
        grace.reads("overdue, the oldest by")
    with grace.task("Pause a queue from its page", begin="/queues/mail/"):
        grace.press("Pause")
        grace.type("reason", "the receiver moves")
        grace.press("Pause", within="content")
        grace.reads("The queue mail is paused")
        grace.reads("Queue mail")
    with grace.task("Look at the queues of ten minutes ago", begin="/queues/"):
        grace.press("10 min ago")
        grace.reads("You are looking at")


def test_an_empty_house_says_what_to_do_first(somebody: Any, transactional_db: None) -> None:
    grace = somebody("operator")
    for path, words in (
        ("/workers/", "No worker is alive: start one with"),
        ("/queues/", "1 queue"),
        ("/queues/default/", "Nothing is due in the next hour"),
    ):
        grace.open(path)
        grace.reads(words)
        grace.picture(f"Empty {path}")
    assert not grace.browser.find_elements(By.CSS_SELECTOR, "#workers table")
