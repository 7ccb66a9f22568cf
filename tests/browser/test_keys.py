"""Keys and the palette: they lead where they say, and do nothing while somebody types or has switched them off."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.test_a_day_at_work import log_in, until
from tests.browser.test_every_page import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Person:
    """Somebody at a keyboard."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser, self.url = browser, url

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def opens_palette(self) -> None:
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
        until(self.browser, lambda: self.sees("palette"))

    def opens_keys(self) -> None:
        self.browser.find_element(By.ID, "keys-open").click()
        until(self.browser, lambda: self.sees("keys"))

    def closes(self, name: str) -> None:
        self.press(Keys.ESCAPE)
        until(self.browser, lambda: not self.sees(name))

    def arrives(self, address: str) -> None:
        ready = "return document.readyState === 'complete' && !!window.runat"
        until(self.browser, lambda: self.browser.current_url == self.url + address)
        until(self.browser, lambda: self.browser.execute_script(ready))

    def sees(self, dialog: str) -> bool:
        return bool(self.browser.execute_script("return document.getElementById(arguments[0]).open", dialog))

    def typed(self) -> str:
        return str(self.browser.find_element(By.ID, "filter-q").get_attribute("value"))

    def is_offered(self, words: str) -> bool:
        return any(
            words == item.text.replace("\n", " ")
            for item in self.browser.find_elements(By.CSS_SELECTOR, "#filter-q-list li")
        )

    def chosen(self) -> str:
        script = "return document.querySelector('#palette [aria-selected=true]')?.textContent || ''"
        return str(self.browser.execute_script(script))


@pytest.fixture
def at_work(browser: Any, live_server: Any, ada: Any) -> Person:
    log_in(browser, live_server)
    return Person(browser, live_server.url)


def test_keys_lead_somewhere_unless_somebody_types_or_has_switched_them_off(
    browser: Any, at_work: Person, make_job: Any
) -> None:
    job = make_job(3600, queue="pay")
    browser.get(at_work.url + "/roles/")
    for key, address in (("q", "/queues/"), ("w", "/workers/")):
        at_work.press("g", key)
        at_work.arrives(address)
    at_work.press("g", "j")
    at_work.arrives("/jobs/")
    at_work.press("/")
    at_work.press("g", "o", "?", "r")
    assert at_work.typed() == "go?r"
    assert not at_work.sees("keys")

    # What is offered while a filter is typed: a word, a value of it, then another term.
    browser.find_element(By.ID, "filter-q").clear()
    at_work.press("/")
    at_work.press("qu")
    until(browser, lambda: at_work.is_offered("queue: exactly this queue"))
    assert list(findings(browser, "what is offered", dark=False)) == []
    at_work.press(Keys.ARROW_DOWN, Keys.ENTER)
    assert at_work.typed() == "queue:"
    at_work.press("def", Keys.ARROW_DOWN, Keys.TAB, "-state:comp", Keys.ARROW_DOWN, Keys.ENTER)
    assert at_work.typed() == "queue:default -state:completed "
    at_work.press("la", Keys.ESCAPE, Keys.BACKSPACE, Keys.BACKSPACE, Keys.ESCAPE, Keys.ENTER)
    at_work.arrives("/jobs/?queue=default&state=pending,running,failed,cancelled,interrupted,skipped")
    assert at_work.typed() == "-state:completed queue:default"

    # A job by its number, a queue; Escape leads nowhere.
    at_work.opens_palette()
    at_work.press(f"#{job.pk}")
    assert at_work.chosen() == f"Job {job.pk} job"
    at_work.press(Keys.ENTER)
    at_work.arrives(f"/jobs/{job.pk}/")
    at_work.opens_palette()
    at_work.press("queue defau")
    until(browser, lambda: at_work.chosen() == "default queue")
    assert list(findings(browser, "the palette", dark=False)) == []
    at_work.press(Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ESCAPE)
    at_work.closes("palette")

    # Switched off: then only Ctrl-K is left, and the button.
    at_work.press("?")
    until(browser, lambda: at_work.sees("keys"))
    assert list(findings(browser, "the list of keys", dark=True)) == []
    browser.find_element(By.ID, "keys-single").click()
    at_work.closes("keys")
    at_work.press("?", "g", "j")
    assert not at_work.sees("keys")
    at_work.opens_palette()
    at_work.press("page jobs")
    assert at_work.chosen() == "Jobs page"
    at_work.press(Keys.ENTER)
    at_work.arrives("/jobs/")
    at_work.opens_keys()
    browser.find_element(By.ID, "keys-single").click()
    at_work.closes("keys")
    at_work.press("g", "o")
    at_work.arrives("/")
