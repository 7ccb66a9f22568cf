"""The slider of the forecast, in a real browser: by keyboard, and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from jobs.clock import clock
from tests.browser.test_a_day_at_work import body, log_in, until
from tests.monitor.rows import pending, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LATE, FITS = "1 queue will start runs late", "starts on time, with 7 more slots for each queue."


@pytest.fixture
def overloaded(browser: Any, live_server: Any, ada: Any) -> Any:
    """The browser at the forecast of nine jobs at one instant, for two slots."""
    now = clock.current()
    worker(now, slots=2, queues=["mail"])
    for _ in range(9):
        pending(now + timedelta(hours=1), queue="mail")
    log_in(browser, live_server, "/forecast/?queue=mail")
    assert LATE in body(browser)
    return browser


@pytest.fixture
def without_scripts(overloaded: Any) -> Iterator[Any]:
    overloaded.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    overloaded.refresh()
    yield overloaded
    overloaded.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_page_follows_the_keys_and_the_slider_keeps_the_focus(overloaded: Any, live_server: Any) -> None:
    slider = overloaded.find_element(By.ID, "slots")
    slider.send_keys(Keys.ARROW_RIGHT * 7)
    assert overloaded.find_element(By.ID, "slots-shown").text == "7"
    until(overloaded, lambda: FITS in body(overloaded))
    assert overloaded.current_url == f"{live_server.url}/forecast/?queue=mail&slots=7"
    assert overloaded.switch_to.active_element == slider
    assert "slots=7" in overloaded.find_element(By.ID, "hours-168").get_attribute("href")
    slider.send_keys(Keys.HOME)
    until(overloaded, lambda: LATE in body(overloaded))
    assert overloaded.current_url == f"{live_server.url}/forecast/?queue=mail"


def test_without_javascript_a_button_shows_it(without_scripts: Any, live_server: Any) -> None:
    without_scripts.find_element(By.ID, "slots").send_keys(Keys.ARROW_RIGHT * 7)
    without_scripts.find_element(By.CSS_SELECTOR, "form.slider button").click()
    until(without_scripts, lambda: FITS in body(without_scripts))
    assert without_scripts.current_url == f"{live_server.url}/forecast/?queue=mail&slots=7"
    assert without_scripts.find_element(By.ID, "slots-shown").text == "7"
