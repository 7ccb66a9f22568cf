"""A job's page follows the job, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.by import By

from jobs.models import Attempt, Job
from jobs.states import Hold, State
from tests.browser.test_a_day_at_work import body, log_in, until
from tests.monitor.rows import pending, running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_it_follows_the_job_without_a_reload_until_its_end(browser, live_server, ada):
    job = running(datetime.now(tz=UTC))
    log_in(browser, live_server, f"/jobs/{job.pk}/")
    start = browser.find_element(By.ID, "start-1")
    start.find_element(By.TAG_NAME, "summary").click()
    browser.execute_script("window.loadedOnce = true")

    Attempt.objects.update(progress=0.5, progress_note="half of it")
    until(browser, lambda: "half of it" in body(browser))
    assert not start.get_property("open"), "what a person has closed stays so"

    now = datetime.now(tz=UTC)
    Attempt.objects.update(outcome=State.COMPLETED, started_at=now - timedelta(seconds=1), finished_at=now)
    Job.objects.update(state=State.COMPLETED, execute_at=now - timedelta(seconds=1), finished_at=now)
    until(browser, lambda: browser.title.startswith("Completed: job"))
    assert browser.execute_script("return window.loadedOnce")
    assert browser.find_element(By.CSS_SELECTOR, "[role=status].visually-hidden").get_attribute("textContent") == (
        f"Job {job.pk} is completed."
    )


def test_what_is_typed_stays_while_the_page_follows_the_job(browser, live_server, ada):
    job = pending(datetime.now(tz=UTC) + timedelta(hours=1), holds=Hold.APPROVAL)
    log_in(browser, live_server, f"/jobs/{job.pk}/")
    browser.find_element(By.ID, "reason").send_keys("the auditors are through")
    Job.objects.update(name="another name")
    until(browser, lambda: "another name" in body(browser))
    assert browser.find_element(By.ID, "reason").get_property("value") == "the auditors are through"
