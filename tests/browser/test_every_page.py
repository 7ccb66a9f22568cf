"""Every page, in light and in dark: nothing that keeps people out who see or point differently (axe-core), nothing that
only we understand, and nothing beyond the edge of a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import OF_STRANGERS, addresses, rows
from tests.browser.test_a_day_at_work import log_in, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
# In dark only colours are other than in light, on a phone only what has to be moved.
RUN = """
const [dark, done] = arguments;
axe.run(document, dark ? {runOnly: ["color-contrast", "scrollable-region-focusable"], resultTypes: ["violations"]} : {resultTypes: ["violations"]})
    .then(found => done(found.violations.filter(one => ["serious", "critical"].includes(one.impact))
        .flatMap(one => one.nodes.map(node => [one.id, node.target.join(" "), node.html.slice(0, 160), node.failureSummary.slice(0, 300)]))))
    .catch(error => done([["axe", "", "", String(error)]]));
"""
# Fields of the admin without a border: nobody sees where they are.
BARE = """
const fields = "#main form :is(select, textarea, input:not([type=hidden], [type=submit], [type=button], [type=file], [type=checkbox], [type=radio]))";
return [...document.querySelectorAll(`${fields}:not([class*=select2])`)]
    .filter(field => field.offsetParent && parseFloat(getComputedStyle(field).borderTopWidth) < 1).map(field => field.name);
"""
# What lies in pages that packages bring along, and why it stays.
KNOWN: dict[tuple[str, str], str] = {
    ("*", "aria-prohibited-attr"): "question marks of Django's two lists to choose from, which repeat the text there",
    ("/api/docs/", "nested-interactive"): "Swagger UI has a button to copy the address inside of the one that opens it",
}
# Not looked at in dark: Swagger's own colours, with nothing of ours.
PACKAGES = ("/api/docs/",)
TOKENS = "/tokens/#new"  # looked at after the form there was sent
# Lines of text of ours that nobody can follow to the next one.
LONG_LINES = """
return [...document.querySelectorAll("main p, main li, main .message")].filter(one => one.offsetParent)
    .filter(one => one.textContent.length > 250 && one.getBoundingClientRect().width > 1400 && !one.querySelector("li, p"))
    .map(one => one.textContent.trim().slice(0, 60));
"""
# Tables that leave a wide screen empty beside them.
NARROW_TABLES = """
return [...document.querySelectorAll("main .panel > table")].filter(one => one.offsetParent)
    .filter(one => one.getBoundingClientRect().width < 0.9 * one.parentElement.clientWidth).map(one => one.textContent.trim().slice(0, 60));
"""
WIDEST = 3840
NOT_FOR_PEOPLE = (" object at 0x", "DatabaseDefault", "Traceback", "None None")


def emulate(browser: Any, *, dark: bool = False, width: int = 0) -> None:
    scheme = {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    if width:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def make_a_token(browser: Any, name: str) -> None:
    """Send the form; what is shown then is shown once."""
    browser.find_element("name", "name").send_keys(name)
    browser.execute_script("document.querySelector('input[name=which][value=all]').checked = true")
    browser.find_element("css selector", "form.stacked button.primary").click()
    until(browser, lambda: browser.find_elements("id", "secret"))


@pytest.fixture
def full(browser: Any, live_server: Any, ada: Any, make_job: Any) -> Iterator[Any]:
    """A browser that is not logged in yet, where every table has rows."""
    rows(make_job, ada)
    yield browser
    emulate(browser)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def findings(browser: Any, address: str, *, dark: bool) -> Iterator[str]:
    if address == "/api/docs/":
        until(browser, lambda: browser.find_elements("class name", "opblock"))
    until(browser, lambda: not browser.find_elements("class name", "waits"))  # a preview is pale while it is asked for
    browser.execute_script(AXE)
    for rule, where, html, why in browser.execute_async_script(RUN, dark):
        if (address, rule) not in KNOWN and ("*", rule) not in KNOWN:
            yield f"{'dark ' if dark else ''}{address} {rule} {where}: {html} {why}"


def mistakes(browser: Any, live_server: Any, asked: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with these pages, in light on a screen and in dark on a phone."""
    for dark, width in ((False, 1280), (True, 360)):
        emulate(browser, dark=dark, width=width)
        for address in asked:
            if dark and address.startswith(PACKAGES):
                continue
            browser.get(live_server.url + address)
            if address == TOKENS:
                make_a_token(browser, f"nightly report {width}")
            yield from findings(browser, address, dark=dark)
            page = browser.execute_script("return document.documentElement.innerHTML")
            yield from (f"{address} says {word!r}" for word in NOT_FOR_PEOPLE if word in page)
            yield from (f"{address} has no border around {name}" for name in browser.execute_script(BARE))
            if browser.execute_script("return document.documentElement.scrollWidth") > width:
                yield f"{address} is wider than {width}"
            browser.get_log("browser")  # one of them is not there


def in_the_widest(browser: Any, live_server: Any, asked: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with these pages on the widest screen that people have."""
    emulate(browser, width=WIDEST)
    for address in asked:
        browser.get(live_server.url + address)
        if browser.execute_script("return document.documentElement.scrollWidth") > WIDEST:
            yield f"{address} is wider than {WIDEST}"
        yield from (f"{address} has a long line: {text}" for text in browser.execute_script(LONG_LINES))
        yield from (f"{address} has a narrow table: {text}" for text in browser.execute_script(NARROW_TABLES))
        browser.get_log("browser")  # one of them is not there


def test_each_page_has_readable_lines_and_full_tables_on_the_widest_screen(full: Any, live_server: Any) -> None:
    log_in(full, live_server)
    wrong = list(in_the_widest(full, live_server, list(addresses())))
    assert wrong == [], "\n".join(wrong)


def test_no_page_has_a_serious_finding_words_for_us_only_or_more_than_fits(
    full: Any, live_server: Any, settings: Any
) -> None:
    settings.CAN_MAIL = True
    wrong = list(mistakes(full, live_server, OF_STRANGERS))
    log_in(full, live_server)
    wrong += mistakes(full, live_server, list(addresses()))
    assert wrong == [], "\n".join(wrong)
