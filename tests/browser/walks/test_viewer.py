"""A viewer's day: no staff, all lists and pages, no controls, and at a closed door a sentence that says who opens it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.states import State
from tests.browser.test_a_day_at_work import until
from tests.monitor.overview.rows import sampled
from tests.monitor.rows import SECOND, ended, leader, pending, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COLOUR = "return getComputedStyle(document.body).backgroundColor"
DARK = "rgb(16, 21, 28)"


def test_he_sees_all_and_is_offered_nothing_that_he_may_not(somebody: Any, many: None) -> None:
    now = datetime.now(tz=UTC)
    leader(now)
    worker(now)
    jobs = [pending(now + timedelta(hours=1)), ended(now - SECOND, State.FAILED), ended(now, State.INTERRUPTED)]
    linus = somebody("viewer", "linus")
    with linus.task("See that all is well, or what is wrong"):
        linus.reads("was interrupted and waits for a decision")
    assert linus.controls() == []
    with linus.task("Look at a job and its output"):
        linus.press_id(f"recent-link-{jobs[2].pk}")
        linus.reads("In the order of time")
    for job in jobs:
        linus.open(f"/jobs/{job.pk}/")
        assert linus.controls() == []
        linus.picture(f"Job that is {job.get_state_display()}")
    linus.open("/jobs/?q=invoice&page_size=25")
    linus.reads("among the newest")
    linus.picture("List")
    linus.press("Next", starts=True)
    linus.picture("Next page")


def test_he_looks_at_an_hour_ago_and_comes_back(somebody: Any, transactional_db: None) -> None:
    now = datetime.now(tz=UTC)
    for minutes in (60, 59, 300):
        sampled(now - timedelta(minutes=minutes), queue="", busy=3, slots=4)
        sampled(now - timedelta(minutes=minutes), queue="payroll", pending=12, busy=3, slots=4)
    linus = somebody("viewer", "linus")
    with linus.task("Look at the overview of an hour ago"):
        linus.press("1 h ago")
        linus.reads("You are looking at")
    linus.reads("75 %")
    linus.reads("payroll")
    assert linus.controls() == []
    linus.picture("An hour ago")
    linus.press("Go back to now")
    linus.reads("No beat is leading")


def test_times_and_colours_are_his_own_and_stay_so(somebody: Any, transactional_db: None) -> None:
    job = pending(datetime(2099, 1, 15, 12, tzinfo=UTC))
    linus = somebody("viewer", "linus")
    linus.browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    try:
        with linus.task("See times by my own clocks", f"/jobs/{job.pk}/"):
            linus.press("Mine")
            linus.reads("2099-01-15 17:30:00 IST")
        assert linus.browser.current_url.endswith(f"/jobs/{job.pk}/")
        with linus.task("Have dark colours", f"/jobs/{job.pk}/"):
            linus.press("☾")
            until(linus.browser, lambda: linus.browser.execute_script(COLOUR) == DARK)
        linus.press("Log out")
        until(linus.browser, lambda: linus.browser.current_url.endswith("/login/"))
        assert linus.browser.execute_script(COLOUR) == DARK
    finally:
        linus.browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/jobs/new/", "The roles creator, service, operator and admin have it."),
        ("/queues/default/pause/", "The roles operator and admin have it."),
        ("/admin/", "staff"),
        ("/jobs/4711/", "There is no"),
    ],
)
def test_a_closed_door_says_who_opens_it(somebody: Any, transactional_db: None, path: str, says: str) -> None:
    linus = somebody("viewer", "linus")
    linus.open(path)
    linus.reads(says)
    linus.picture(f"Refused {path}")
    linus.browser.get_log("browser")  # the status that said so
