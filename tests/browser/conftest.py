"""A real browser: Debian's chromium, headless. Without one the tests are skipped, except where CI asks for them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

CHROMIUM = Path("/usr/bin/chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--window-size=1200,900",
)


@pytest.fixture(scope="session")
def driver(tmp_path_factory, django_db_setup) -> Iterator[webdriver.Chrome]:
    missing = [str(path) for path in (CHROMIUM, CHROMEDRIVER) if not path.exists()]
    if missing:
        why = f"no {' and no '.join(missing)}: install Debian's chromium and chromium-driver"
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the browser tests, but there is {why}")
        pytest.skip(f"there is {why}")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    yield browser
    browser.quit()
    for thread in threading.enumerate():
        # Each held its connection to the test database for as long as the browser held the one to it.
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)


@pytest.fixture
def browser(driver, live_server) -> Iterator[webdriver.Chrome]:
    """A browser without cookies, and with nothing to complain about afterwards."""
    cache.clear()
    driver.delete_all_cookies()
    driver.get_log("browser")
    yield driver
    complaints = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    driver.get("about:blank")  # no page polls a server that has gone
    assert not [c for c in complaints if "favicon.ico" not in c]


@pytest.fixture
def ada(transactional_db) -> User:
    return User.objects.create_superuser("ada", "ada@example.com", "correct horse")
