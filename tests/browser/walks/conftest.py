"""People of each role, on a screen in light and on a phone in dark, before a hundred thousand jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from tests.browser.test_every_page import emulate
from tests.browser.walks.person import PHONE, PICTURES, Person
from tests.rights.conftest import make_team, make_user  # noqa: F401

SCREEN = 1440
# Of a day; each in a state that its times allow.
MANY = """
INSERT INTO jobs_job (target, payload, name, queue, run_at, created_at, state, attempt, enqueued_at, deliveries,
    locked_at, execute_at, finished_at, reason)
SELECT 'demo.noop', '{}'::jsonb, 'invoice ' || n, (array['default', 'mail', 'reports'])[n % 3 + 1],
    at, at - interval '1 hour', CASE WHEN n % 50 = 0 THEN 3 ELSE 2 END, 1, at - interval '5 s', 1,
    at - interval '0.2 s', at + interval '0.0004 s', at + interval '0.1 s',
    CASE WHEN n % 50 = 0 THEN 'ValueError: the receiver does not answer' ELSE '' END
FROM (SELECT n, now() - n * interval '0.864 s' - interval '2 s' AS at FROM generate_series(1, 99000) n) ended
UNION ALL
SELECT 'demo.noop', '{}'::jsonb, 'reminder ' || n, (array['default', 'mail', 'reports'])[n % 3 + 1],
    now() + n * interval '60 s', now(), 0, 0, NULL, 0, NULL, NULL, NULL, ''
FROM generate_series(1, 1000) n
"""
LOOKS = [(SCREEN, False), (PHONE, True)]
if PICTURES:
    LOOKS += [(SCREEN, True), (PHONE, False)]


@pytest.fixture
def many(transactional_db: None) -> None:
    """A hundred thousand jobs."""
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("ANALYZE jobs_job")


@pytest.fixture(params=LOOKS, ids=[f"{width} {'dark' if dark else 'light'}" for width, dark in LOOKS])
def look(request: pytest.FixtureRequest, browser: Any) -> Iterator[tuple[int, str]]:
    width, dark = request.param
    emulate(browser, dark=dark, width=width)
    yield width, f"{width} {'dark' if dark else 'light'}"
    emulate(browser)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture
def somebody(browser: Any, live_server: Any, look: tuple[int, str], make_user: Any) -> Callable[[str], Person]:  # noqa: F811
    """Log somebody of this role in."""

    def of(role: str, name: str = "grace", **more: Any) -> Person:
        width, what = look
        user = make_user(name, role, **more)
        return Person(browser, live_server.url, user, width=width, name=f"{role} {what}")

    return of
