"""What an operator does all day, in a real browser: log in, create, see, correct, cancel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from jobs.models import Job
from jobs.states import State
from tests.monitor.rows import begin, ended, pending, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 10  # seconds


def until(browser, condition):
    """Wait for it. A page that is being replaced has no body for a moment, and what the browser says of it then differs."""
    passing = (WebDriverException,)
    wait = WebDriverWait(browser, PATIENCE, poll_frequency=0.1, ignored_exceptions=passing)
    return wait.until(lambda _: condition())


def body(browser) -> str:
    return browser.find_element(By.TAG_NAME, "body").text


def log_in(browser, live_server, path: str = "/") -> None:
    browser.get(live_server.url + path)
    browser.find_element(By.NAME, "username").send_keys("ada")
    browser.find_element(By.NAME, "password").send_keys("correct horse")
    browser.find_element(By.NAME, "password").submit()
    until(browser, lambda: browser.current_url == live_server.url + path)


def fill(browser, **values: str) -> None:
    for name, value in values.items():
        field = browser.find_element(By.NAME, name)
        browser.execute_script("arguments[0].value = arguments[1]", field, value)


def test_a_job_from_its_creation_to_its_cancellation(browser, live_server, ada):
    log_in(browser, live_server, "/jobs/new/")

    # What is wrong stands beside its field, and what was typed is still there.
    Select(browser.find_element(By.NAME, "target")).select_by_value("demo.sleep")
    until(browser, lambda: browser.find_element(By.NAME, "argument-seconds"))
    fill(browser, **{"name": "from the browser", "argument-seconds": "-1", "run_at": "tomorrow 09:00"})
    browser.find_element(By.CSS_SELECTOR, "button.primary").click()
    error = until(browser, lambda: browser.find_element(By.XPATH, "//li[contains(text(), \"'seconds' is wrong\")]"))
    field = browser.find_element(By.NAME, "argument-seconds")
    assert 0 < abs(error.location["y"] - field.location["y"]) < 300
    assert browser.find_element(By.NAME, "name").get_attribute("value") == "from the browser"
    browser.get_log("browser")  # the 400 that said so

    fill(browser, **{"argument-seconds": "0.1"})
    browser.find_element(By.CSS_SELECTOR, "button.primary").click()
    until(browser, lambda: "will start demo.sleep at" in body(browser))
    job = Job.objects.get()
    assert browser.current_url.endswith(f"/jobs/{job.pk}/")

    browser.get(live_server.url + "/")
    assert "from the browser" in browser.find_element(By.ID, "next").text

    browser.find_element(By.ID, f"next-link-{job.pk}").click()
    until(browser, lambda: browser.current_url.endswith(f"/jobs/{job.pk}/"))
    browser.find_element(By.LINK_TEXT, "Cancel…").click()
    browser.find_element(By.XPATH, "//button[text()='Cancel the job']").click()
    until(browser, lambda: f"Job {job.pk} was cancelled." in body(browser))
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    browser.find_element(By.XPATH, "//button[text()='Undo the cancellation']").click()
    until(browser, lambda: "was not cancelled after all." in body(browser))
    due = job.run_at
    job.refresh_from_db()
    assert (job.state, job.run_at) == (State.PENDING, due)

    # Its page follows it from here to its end.
    browser.execute_script("window.loadedOnce = true")
    now = datetime.now(tz=UTC)
    begin(job, now)
    until(browser, lambda: browser.title.startswith("Running: job"))
    Job.objects.filter(pk=job.pk).update(state=State.COMPLETED, execute_at=now, finished_at=now)
    until(browser, lambda: browser.title.startswith("Completed: job"))
    assert browser.execute_script("return window.loadedOnce")


def test_an_interrupted_job_is_settled_from_the_first_line_of_the_monitor(browser, live_server, ada):
    job = ended(datetime.now(tz=UTC) - timedelta(days=2), State.INTERRUPTED, name="payroll")
    log_in(browser, live_server)
    assert f"1 job was interrupted and waits for a decision: {job.pk} (payroll)." in body(browser)
    browser.find_element(By.ID, f"interrupted-link-{job.pk}").click()
    until(browser, lambda: "What became of it?" in body(browser))
    browser.find_element(By.XPATH, "//button[text()='Confirm done']").click()
    assert browser.execute_script("return document.getElementById('reason').matches(':invalid')"), "it is not sent"
    browser.find_element(By.ID, "reason").send_keys("412 of 412 paid")
    browser.find_element(By.XPATH, "//button[text()='Confirm done']").click()
    until(browser, lambda: f"Job {job.pk} was confirmed as done." in body(browser))
    assert "412 of 412 paid" in browser.find_element(By.ID, "audit").text


def test_the_monitor_updates_itself(browser, live_server, ada):
    log_in(browser, live_server)
    assert "No job is due" in body(browser)
    now = datetime.now(tz=UTC)
    worker(now)
    pending(now + timedelta(seconds=90), name="appears by itself")
    until(browser, lambda: "appears by itself" in body(browser))

    countdown = browser.find_element(By.CSS_SELECTOR, "#next time[data-tick]")
    before = countdown.text
    until(browser, lambda: browser.find_element(By.CSS_SELECTOR, "#next time[data-tick]").text != before)
    assert browser.title.startswith("(")  # the number of problems, for those who look at another tab


def test_the_focus_stays_where_it_is_while_the_page_updates(browser, live_server, ada):
    now = datetime.now(tz=UTC)
    job = pending(now + timedelta(seconds=90))
    log_in(browser, live_server)
    browser.execute_script(f"document.getElementById('next-link-{job.pk}').focus()")
    ended(now, name="has just ended")
    until(browser, lambda: "has just ended" in body(browser))
    assert browser.switch_to.active_element.get_attribute("id") == f"next-link-{job.pk}"


def test_a_viewer_whose_session_has_ended_is_sent_to_the_login(browser, live_server, ada):
    log_in(browser, live_server)
    browser.delete_all_cookies()
    until(browser, lambda: "/login/" in browser.current_url)
    browser.get_log("browser")  # the 401 that said so


def test_an_action_of_the_list_reports_what_it_did(browser, live_server, ada):
    jobs = [pending(datetime.now(tz=UTC) + timedelta(hours=1)) for _ in range(2)]
    log_in(browser, live_server, "/admin/jobs/job/")
    for box in browser.find_elements(By.NAME, "_selected_action"):
        browser.execute_script("arguments[0].click()", box)
    Select(browser.find_element(By.NAME, "action")).select_by_value("cancel")
    browser.execute_script("document.getElementById('changelist-form').querySelector('[name=index]').click()")
    until(browser, lambda: "2 cancelled." in body(browser))
    assert {Job.objects.get(pk=job.pk).state for job in jobs} == {State.CANCELLED}


def test_a_fresh_form_speaks_the_visitors_own_time(browser, live_server, ada):
    log_in(browser, live_server)
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    try:
        browser.get(live_server.url + "/jobs/new/")
        zone = browser.find_element(By.NAME, "time_zone").get_attribute("value")
        field = browser.find_element(By.NAME, "run_at")
        field.clear()
        field.send_keys("2099-12-24 18:00")
        until(browser, lambda: "Thursday 24 December 2099 12:30:00 UTC, in" in body(browser))
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    assert zone in ("Asia/Kolkata", "Asia/Calcutta")


@pytest.mark.parametrize("width", [380, 1600])
def test_no_page_is_wider_than_the_window(browser, live_server, ada, width):
    now = datetime.now(tz=UTC)
    job = ended(now, name="a name that is rather long, " * 4)
    pending(now + timedelta(hours=1), name="x" * 120)
    log_in(browser, live_server)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for path in ("/", f"/jobs/{job.pk}/", "/jobs/new/"):
            browser.get(live_server.url + path)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, path
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
