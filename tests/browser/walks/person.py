"""A person at a browser, whose presses are counted: what she types and what she scrolls past costs nothing."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.browser.test_a_day_at_work import body, until

TABLE = Path(__file__).parents[3] / "docs" / "clicks.md"
# A folder for pictures of each step, for people to look at.
PICTURES = os.environ.get("WALK_PICTURES", "")
PHONE = 360


def documented() -> dict[str, tuple[int, int]]:
    """Return by each task of the table how many presses it takes, on a screen and on a phone."""
    found = {}
    for row in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        if len(cells) > 4 and (counts := re.fullmatch(r"(\d+)(?: \((\d+) on a phone\))?", cells[3])):
            found[cells[0]] = int(counts[1]), int(counts[2] or counts[1])
    return found


class Person:
    """Somebody who is logged in. `presses` counts links, buttons, folds and choices of a list."""

    def __init__(self, browser: Any, base: str, user: User, *, width: int, name: str) -> None:
        self.browser, self.base, self.width, self.name = browser, base, width, name
        self.presses = 0
        self.did: dict[str, int] = {}
        client = Client()
        client.force_login(user)
        browser.get(f"{base}/healthz")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        browser.add_cookie({"name": settings.SESSION_COOKIE_NAME, "value": session, "path": "/"})
        until(browser, lambda: browser.get_cookie(settings.SESSION_COOKIE_NAME)["value"] == session)

    @contextmanager
    def task(self, name: str, begin: str = "/") -> Iterator[None]:
        """Begin on a page, and count what it takes from there. The count is the one that docs/clicks.md promises."""
        self.open(begin)
        before = self.presses
        yield
        self.picture(name)
        self.did[name] = self.presses - before
        on_screen, on_phone = documented()[name]
        assert self.did[name] == (on_phone if self.width == PHONE else on_screen), f"docs/clicks.md: {name}"

    def open(self, path: str) -> None:
        self.browser.get(self.base + path)

    def press(self, text: str, *, within: str = "", starts: bool = False) -> None:
        """Press the link, button or fold with this text that can be seen, and wait for what that leads to."""
        quoted = f'"{text}"'
        fits = f"starts-with(normalize-space(.), {quoted})" if starts else f"normalize-space(.)={quoted}"
        area = f"//*[@id='{within}']" if within else "//body"
        tags = " or ".join(f"self::{tag}" for tag in ("a", "button", "summary"))
        found = [
            one for one in self.browser.find_elements(By.XPATH, f"{area}//*[({tags}) and {fits}]") if self.shows(one)
        ]
        assert found, f"nothing to press that is called {text!r} {within}: {body(self.browser)}"
        self.press_on(found[0])

    def press_on(self, element: Any) -> None:
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        # As a mouse does: chromedriver takes what a closed fold shows all the same for hidden.
        ActionChains(self.browser).move_to_element(element).click().perform()
        self.presses += 1

    def shows(self, element: Any) -> bool:
        there: bool = self.browser.execute_script("return arguments[0].getClientRects().length > 0", element)
        return there and "visually-hidden" not in (element.get_attribute("class") or "")

    def press_id(self, name: str) -> None:
        self.press_on(self.browser.find_element(By.ID, name))

    def choose(self, name: str, value: str) -> None:
        """Choose from a list: one press."""
        Select(self.browser.find_element(By.NAME, name)).select_by_value(value)
        self.presses += 1

    def type(self, name: str, text: str) -> None:
        field = self.browser.find_element(By.NAME, name)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].select()", field)
        ActionChains(self.browser).move_to_element(field).click().perform()
        self.browser.execute_script("arguments[0].select()", field)
        ActionChains(self.browser).send_keys(text).perform()

    def reads(self, words: str) -> None:
        try:
            until(self.browser, lambda: words in body(self.browser))
        except TimeoutException:
            pytest.fail(f"{words!r} is not on {self.browser.current_url}: {body(self.browser)}")

    def sees(self, words: str) -> bool:
        return words in body(self.browser)

    def controls(self) -> list[str]:
        """Return what can be pressed that sends something, but the log out."""
        buttons = self.browser.find_elements(By.CSS_SELECTOR, "main form[method=post] button, main a.button, a.switch")
        return [one.text for one in buttons if self.shows(one)]

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, where somebody wants to look at it."""
        width = self.browser.execute_script("return document.documentElement.scrollWidth")
        assert width <= self.width, f"{name} is {width} wide, beyond {self.width}"
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            file = f"{self.name} {name}".lower().replace(" ", "-").replace("/", "-").replace(",", "")
            shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
            (Path(PICTURES) / f"{file}.png").write_bytes(base64.b64decode(shot["data"]))
