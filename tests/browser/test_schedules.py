"""Schedules in a real browser: created by form with a preview that follows what is typed, one run skipped and taken
back, paused until a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from jobs.models import Occurrence, OccurrenceChange, Operation, Schedule
from jobs.states import Cause
from jobs.transitions.schedules import definitions
from tests.browser.test_a_day_at_work import body, fill, log_in, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def preview(browser) -> str:
    return browser.find_element(By.CSS_SELECTOR, "#schedule-preview .shown").text


def press(browser, element) -> None:
    browser.execute_script("arguments[0].click()", element)


def link(browser, text: str, row: int = 0):
    """The link or button of this text; of the run in this row, where there is one in each."""
    return browser.find_elements(By.XPATH, f"//a[text()='{text}']|//button[text()='{text}']")[row]


def give_reason(browser, button: str, **values: str) -> None:
    until(browser, lambda: browser.find_element(By.NAME, "reason"))
    fill(browser, reason="The bank asked for it.", **values)
    press(browser, browser.find_element(By.XPATH, f"//button[text()='{button}']"))


def test_a_schedule_from_its_form_to_its_pause(browser, live_server, ada):
    log_in(browser, live_server, "/admin/jobs/schedule/add/")

    # The preview follows what is typed, without a button.
    expression = browser.find_element(By.NAME, "expression")
    fill(browser, time_zone="Europe/Berlin")
    expression.send_keys("30 2 * * *")
    until(browser, lambda: "At 02:30 every day (Europe/Berlin)." in preview(browser))
    assert len(browser.find_elements(By.CSS_SELECTOR, "#schedule-preview tbody tr")) == 10
    assert not browser.find_element(By.CSS_SELECTOR, "#schedule-preview .asked").is_displayed()
    expression.clear()
    expression.send_keys("30 2 31 2 *")
    until(browser, lambda: "February has no day 31" in preview(browser))
    expression.clear()
    expression.send_keys("30 2 * * mon-fri")
    until(browser, lambda: "At 02:30 on Monday to Friday" in preview(browser))

    Select(browser.find_element(By.NAME, "target")).select_by_value("demo.noop")
    fill(browser, name="payroll")
    press(browser, browser.find_element(By.NAME, "_save"))
    until(browser, lambda: "The schedule 'payroll' was created. Next:" in body(browser))
    row = Schedule.objects.get()
    assert row.expression == "30 2 * * mon-fri"

    # The second of the coming runs is skipped, and taken back.
    press(browser, link(browser, "Skip", 1))
    give_reason(browser, "Skip")
    until(browser, lambda: "is skipped." in body(browser))
    assert OccurrenceChange.objects.get().skipped
    struck = browser.find_elements(By.CSS_SELECTOR, "tr.skipped")
    assert len(struck) == 1
    assert "Skipped by ada: The bank asked for it." in struck[0].text
    press(browser, link(browser, "Undo"))
    give_reason(browser, "Undo")
    until(browser, lambda: "is as the schedule has it." in body(browser))
    assert not browser.find_elements(By.CSS_SELECTOR, "tr.skipped")

    # Paused until a moment, it says until when, by whom and why.
    press(browser, link(browser, "Pause…"))
    soon = datetime.now(tz=UTC) + timedelta(days=30)
    give_reason(browser, "Pause", at=f"{soon:%Y-%m-%dT%H:%M}", time_zone="UTC")
    until(browser, lambda: f"until {soon:%Y-%m-%d %H:%M}:00 UTC by ada: The bank asked for it." in body(browser))
    row.refresh_from_db()
    assert row.paused_until == soon.replace(second=0, microsecond=0)
    press(browser, link(browser, "Resume…"))
    give_reason(browser, "Resume")
    until(browser, lambda: "The schedule 'payroll' goes on." in body(browser))


def test_times_are_shown_by_the_clocks_of_the_visitor_too(browser, live_server, ada):
    fields = {"name": "payroll", "target": "demo.noop", "dialect": "cron", "expression": "30 2 * * *"}
    made = definitions.create_schedule({**fields, "time_zone": "Europe/Berlin"}, by=ada, now=datetime.now(tz=UTC))
    log_in(browser, live_server)
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    try:
        for path in ("/admin/jobs/schedule/", f"/admin/jobs/schedule/{made.pk}/"):
            browser.get(live_server.url + path)
            hour = "09:30" if made.next_at.hour == 0 else "10:30"  # in summer, in winter
            assert f"{hour} Asia/Tokyo, yours" in browser.find_element(By.CSS_SELECTOR, "time.schedule-time").text
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


@pytest.mark.parametrize("width", [380, 1600])
def test_no_page_of_schedules_is_wider_than_the_window(browser, live_server, ada, width):
    fields = {"name": "a name that is rather long, " * 5, "target": "demo.noop", "dialect": "cron"}
    now = datetime.now(tz=UTC)
    made = definitions.create_schedule(
        {**fields, "expression": "30 2 * * *", "time_zone": "Europe/Berlin"}, by=ada, now=now
    )
    operation = Operation.objects.create(
        kind="backfill",
        schedule=made,
        begins_at=now,
        until=now + timedelta(days=1),
        total=7,
        reached_at=now,
        created_at=now,
    )
    for cause in (Cause.DOWNTIME, Cause.CATCH_UP):  # the last day of a week: its words lie farthest to the right
        day = now - timedelta(days=now.weekday() + (1 if cause == Cause.DOWNTIME else 2))
        Occurrence.objects.create(schedule=made, nominal_at=day, cause=cause, noted_at=now)
    week = f"calendar/?by=week&day={now - timedelta(days=7):%Y-%m-%d}"
    log_in(browser, live_server)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        of_schedules = (
            "",
            f"{made.pk}/",
            f"{made.pk}/change/",
            f"{made.pk}/backfill/",
            "calendar/",
            week,
            "clocks/",
            "bring/",
        )
        of_others = ("occurrence/", "operation/", f"operation/{operation.pk}/change/")
        for path in (*(f"schedule/{path}" for path in of_schedules), *of_others):
            browser.get(f"{live_server.url}/admin/jobs/{path}")
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, path
            hidden = [one.text for one in browser.find_elements(By.CSS_SELECTOR, BUTTONS) if beyond(one, width)]
            assert not hidden, path
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


BUTTONS = ".verbs a, .job-buttons a, .job-buttons button, #result_list .badge"


def beyond(element, width: int) -> bool:
    """Whether one must scroll sideways to see it."""
    return element.rect["x"] + element.rect["width"] > width


def test_a_crontab_is_brought(browser, live_server, ada):
    log_in(browser, live_server, "/admin/jobs/schedule/bring/")
    crontab = "# Tidy up\n30 2 * * mon-fri /bin/tidy\n0 0 31 2 * /bin/never\n7 4 * * * /bin/other\n"
    table = "[[commands]]\npattern = '*'\ntarget = 'demo.noop'"
    fill(browser, text=crontab, table=table, zone="Europe/Berlin")
    press(browser, browser.find_element(By.NAME, "_preview"))
    until(browser, lambda: "2 of 3 can come." in body(browser))
    tidy, never, _other = (row.text for row in browser.find_elements(By.CSS_SELECTOR, "#lines tbody tr"))
    assert "at 02:30 on Monday to Friday, by the clock of Europe/Berlin" in tidy
    assert tidy.count(" 02:30:00 CE") == 5
    assert "February has no day 31" in never
    assert not Schedule.objects.exists()

    press(browser, browser.find_elements(By.NAME, "take")[1])
    press(browser, browser.find_element(By.NAME, "_bring"))
    until(browser, lambda: "1 schedule brought, 0 of them switched on." in body(browser))
    row = Schedule.objects.get()
    assert (row.name, row.enabled, row.time_zone) == ("Tidy up", False, "Europe/Berlin")
