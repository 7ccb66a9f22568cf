"""Whose clocks and which colours, in a real browser: pages of ours, and the admin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from jobs.states import Hold, State
from tests.browser.test_a_day_at_work import body, log_in, until
from tests.browser.test_every_page import WIDEST, emulate, findings
from tests.monitor.rows import MS, SECOND, ended, pending, running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIGHTNESS = """
const canvas = document.createElement("canvas").getContext("2d");
canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
canvas.fillRect(0, 0, 1, 1);
return canvas.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((sum, part) => sum + part) / 765;
"""


def choose(browser: Any, name: str, value: str) -> None:
    before = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, f"header button[name={name}][value={value}]").click()
    until(browser, lambda: browser.find_element(By.TAG_NAME, "html") != before)
    pressed = f"header button[name={name}][value={value}][aria-pressed=true]"
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, pressed))


def test_mine_is_the_zone_that_the_browser_says(browser, live_server, ada):
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    try:
        job = pending(datetime(2099, 1, 15, 12, tzinfo=UTC))
        log_in(browser, live_server, f"/jobs/{job.pk}/")
        assert "12:00:00 UTC" in body(browser)
        choose(browser, "times", "mine")
        assert "17:30:00 IST" in body(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_that_are_chosen_hold_against_the_systems_and_in_the_admin(browser, live_server, ada, system):
    emulate(browser, dark=system == "dark")
    try:
        log_in(browser, live_server)
        for chosen in ("dark", "light", "system"):
            choose(browser, "theme", chosen)
            is_dark = (system if chosen == "system" else chosen) == "dark"
            for path in ("/", "/admin/", "/admin/jobs/job/"):
                browser.get(live_server.url + path)
                assert (browser.execute_script(LIGHTNESS) < 0.5) is is_dark, (chosen, path)
            browser.get(live_server.url + "/")
    finally:
        emulate(browser)


def jobs_in_each_state() -> dict[str, Any]:
    now = datetime.now(tz=UTC)
    for n in range(1, 40):
        ended(now - n * 60 * SECOND, delay=n * MS / 7, took=n * n * MS)
    again = running(now - SECOND, name="again")
    return {
        "waiting": pending(now + timedelta(hours=1), name="books"),
        "held": pending(now + timedelta(hours=1), name="held", holds=Hold.APPROVAL),
        "running": again,
        "completed": ended(now - SECOND, name="completed"),
        "failed": ended(now - SECOND, State.FAILED, name="failed", reason="ValueError: there are no rows"),
        "interrupted": ended(now - SECOND, State.INTERRUPTED, name="interrupted", reason="Its worker is gone."),
        "cancelled": ended(now - SECOND, State.CANCELLED, name="cancelled"),
        "skipped": ended(now - SECOND, State.SKIPPED, name="skipped"),
    }


def test_the_page_of_a_job_in_each_state_is_readable_in_chosen_colours(browser, live_server, ada):
    jobs = jobs_in_each_state()
    emulate(browser)
    try:
        log_in(browser, live_server)
        wrong = []
        for theme, width in (("dark", 1440), ("dark", 360), ("light", WIDEST)):
            choose(browser, "theme", theme)
            emulate(browser, dark=theme == "light", width=width)
            for state, job in jobs.items():
                browser.get(f"{live_server.url}/jobs/{job.pk}/")
                wrong += [f"{state} {one}" for one in findings(browser, f"/jobs/{job.pk}/", dark=theme == "dark")]
                if browser.execute_script("return document.documentElement.scrollWidth") > width:
                    wrong.append(f"{state} is wider than {width}")
            browser.get(live_server.url + "/")
        assert wrong == [], "\n".join(wrong)
    finally:
        emulate(browser)
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
