"""Somebody who may read the audit finds who has cancelled a job, in a real browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from jobs import transitions
from jobs.clock import clock
from tests.browser.test_a_day_at_work import body, fill, log_in, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_who_has_cancelled_the_job(browser, live_server, make_job):
    reader = User.objects.create_user("ada", password="correct horse")
    reader.user_permissions.set(Permission.objects.filter(codename__in=["view_audit", "view_job", "all_teams"]))
    grace, now = User.objects.create_user("grace"), clock.current()
    job, others = make_job(60, now=now, name="the report"), [make_job(60, now=now) for _ in range(60)]
    transitions.cancel(job.pk, now=now, reason="It is sent by hand this month.", by=grace)
    for other in others:
        transitions.run_now(other.pk, now=now, by=grace)

    log_in(browser, live_server, "/jobs/")
    browser.find_element(By.LINK_TEXT, "Audit").click()
    until(browser, lambda: browser.find_element(By.TAG_NAME, "h1").text == "Audit")
    assert "62 entries" in body(browser), "one of them the login"
    assert "It is sent by hand" not in body(browser), "that stands on the page after this one"

    browser.execute_script("document.querySelector('.filters details').open = true")  # which is folded on a phone only
    Select(browser.find_element(By.NAME, "verb")).select_by_value("cancel")
    fill(browser, job=str(job.pk))
    browser.find_element(By.CSS_SELECTOR, "details button.primary").click()
    until(browser, lambda: "1 entry" in body(browser))
    entry = browser.find_element(By.CSS_SELECTOR, "#audit tbody").text
    assert all(text in entry for text in ("cancel", str(job.pk), "grace", "pending", "cancelled", "by hand this month"))

    browser.find_element(By.LINK_TEXT, str(job.pk)).click()
    until(browser, lambda: "the report" in body(browser))
