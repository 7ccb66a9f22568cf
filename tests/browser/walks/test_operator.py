"""An operator's day before a hundred thousand jobs: find the late one, say why, retry, pause, drain, settle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from jobs.models import Job, Limit, Worker
from jobs.states import State
from tests.browser.test_a_day_at_work import until
from tests.monitor.rows import ended, leader, pending, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAIL_WORKER = "celery@worker-of-the-department-of-accounts.internal.example.com"


@pytest.fixture
def trouble(many: None) -> dict[str, Any]:
    now = datetime.now(tz=UTC)
    leader(now)
    worker(now, MAIL_WORKER, queues=["mail", "default"], cpu=12.5, memory=40.0)
    worker(now, "w2@host", queues=["reports"])
    return {
        "late": pending(
            now - timedelta(minutes=3), name="salaries of May", queue="mail", enqueued_at=now, deliveries=3
        ),
        "failed": ended(now - timedelta(seconds=1), State.FAILED, name="send the books", reason="ValueError: no rows"),
        "lost": ended(now - timedelta(days=2), State.INTERRUPTED, name="payroll"),
    }


def test_the_late_one_is_found_and_says_why(somebody: Any, trouble: Any) -> None:
    grace = somebody("operator")
    grace.open("/")
    grace.picture("Monitor")
    with grace.task("Find the jobs that are late"):
        grace.press_id("tile-overdue")
        grace.reads("salaries of May")
        assert "1 job" in grace.browser.find_element(By.ID, "looked").text
    with grace.task("Say why a job is late"):
        grace.press_id(f"overdue-link-{trouble['late'].pk}")
        grace.reads("every slot of queue mail is busy, or no worker takes from it")
    with grace.task("Find jobs by a filter of one's own"):
        grace.press("Jobs")
        if grace.width < 960:
            grace.press("Filters")
        grace.type("later_than", "60")
        grace.press("Show")
        grace.reads("salaries of May")
    with grace.task("Find a job by its name"):
        grace.press("Jobs")
        grace.type("q", "salaries")
        grace.press("Search")
        grace.reads("salaries of May")
    with grace.task("Sort by delay"):
        grace.press_id("tile-longest")
        grace.reads("the longest delay first")


def test_a_failed_one_is_started_again(somebody: Any, trouble: Any) -> None:
    grace = somebody("operator")
    job = trouble["failed"]
    with grace.task("Retry a job that failed"):
        grace.press_id(f"failed-link-{job.pk}")
        grace.press("Retry")
        grace.reads(f"Job {job.pk} was told to start again.")


def test_a_queue_is_paused_and_goes_on(somebody: Any, trouble: Any) -> None:
    grace = somebody("operator")
    row = "//tr[.//*[@id='queue-mail']]//a[contains(@class, 'switch')]"
    with grace.task("Pause a queue"):
        grace.press_on(grace.browser.find_element(By.XPATH, row))
        grace.press("Pause", within="content")
        grace.reads("The queue mail is paused")
    assert Limit.objects.paused().count() == 1
    with grace.task("Resume a queue"):
        grace.press_on(grace.browser.find_element(By.XPATH, row))
        grace.press("Resume", within="content")
        grace.reads("The queue mail goes on")
    assert Limit.objects.paused().count() == 0


def test_a_worker_is_drained(somebody: Any, trouble: Any) -> None:
    grace = somebody("operator")
    with grace.task("Drain a worker"):
        row = f"//tr[.//*[normalize-space(.)='{MAIL_WORKER}']]//a[contains(@class, 'switch')]"
        grace.press_on(grace.browser.find_element(By.XPATH, row))
        grace.type("reason", "its disk is replaced")
        grace.press("Drain", within="content")
        grace.reads("takes no more jobs; what it runs ends there.")
    until(grace.browser, lambda: Worker.objects.filter(drained_at__isnull=False).exists())


def test_an_interrupted_one_is_settled(somebody: Any, trouble: Any) -> None:
    grace = somebody("operator")
    job = trouble["lost"]
    with grace.task("Settle an interrupted job"):
        grace.press(f"{job.pk} (payroll)")
        grace.type("reason", "412 of 412 paid")
        grace.press("Confirm done")
        grace.reads(f"Job {job.pk} was confirmed as done.")
    assert Job.objects.get(pk=job.pk).state == State.COMPLETED


def test_everything_is_stopped_and_goes_on(somebody: Any, trouble: Any) -> None:
    grace = somebody("operator")
    with grace.task("Stop everything"):
        grace.press("Stop everything")
        grace.type("reason", "the bank is down")
        grace.press("Stop everything", within="stop-everything")
        grace.reads("the bank is down")
    with grace.task("Go on after a stop"):
        grace.press("Stop everything")
        grace.press("Go on now")
        grace.reads("Nothing is stopped or planned")


def test_an_empty_house_says_what_to_do_first(somebody: Any, transactional_db: None) -> None:
    grace = somebody("operator")
    for path, words in (
        ("/", "No worker is alive"),
        ("/jobs/", "There is no job yet"),
        ("/stop/", "Nothing is stopped"),
    ):
        grace.open(path)
        grace.reads(words)
        grace.picture(f"Empty {path}")
