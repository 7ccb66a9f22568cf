"""The page /calendar/."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.clock import clock
from jobs.forecast import hours as planning
from jobs.monitor.ahead.calendar import short
from tests.admin.schedule_rows import schedule
from tests.monitor.rows import pending
from tests.rights.conftest import ada, make_team, make_user  # noqa: F401
from tests.rollups.steps import add, ended

CALENDAR = "/calendar/"
HOUR = timedelta(hours=1)
QUERIES: list[dict[str, str]] = [{}, {"queue": "ours-q"}, {"queue": "theirs-q"}]


def hours(client: Client, **query: str) -> dict[datetime, tuple[int, int]]:
    """Runs and failures by the hours that have any."""
    answer = client.get(CALENDAR, query)
    assert answer.status_code == 200
    cells = [cell for _, its in answer.context["rows"] for cell in its]
    assert len(cells) == 14 * 24
    return {cell.begin: (cell.runs, cell.failed) for cell in cells if cell.runs or cell.failed}


@pytest.fixture
def client(db: None) -> Client:
    one = Client()
    one.force_login(User.objects.create_superuser("root"))
    return one


def of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def test_what_has_started_and_what_is_planned(client: Client) -> None:
    now = clock.current()
    past, later = of(now) - 5 * HOUR, of(now) + 30 * HOUR
    add(past)
    ended(past + HOUR / 2)
    failed = ended(past + HOUR / 2, 3)
    add(now)
    soon = pending(later + HOUR / 2, queue="mail")
    assert hours(client) == {past: (2, 1), later: (1, 0)}
    assert hours(client, queue="mail") == {later: (1, 0)}
    cells = {cell.begin: cell for _, its in client.get(CALENDAR).context["rows"] for cell in its}
    assert f'href="/jobs/{soon.pk}/"' in client.get(cells[later].jobs).content.decode()
    assert f'href="/jobs/{failed.job_id}/"' in client.get(cells[past].jobs).content.decode()


def test_schedules_are_planned_beyond_their_next_run(client: Client) -> None:
    schedule("daily", "30 2 * * *", now=clock.current(), time_zone="UTC", queue="mail")
    found = hours(client, queue="mail", day=clock.current().date().isoformat())  # as many days as are reckoned
    assert len(found) == 7
    assert {at.hour for at in found} == {2}


def test_earlier_weeks(client: Client) -> None:
    now = clock.current()
    past = of(now) - timedelta(days=20)
    add(past)
    ended(past + HOUR / 2)
    add(now)
    assert hours(client) == {}
    assert hours(client, day=(past - timedelta(days=3)).date().isoformat()) == {past: (1, 0)}
    answer = client.get(CALENDAR, {"day": past.date().isoformat()})
    assert answer.context["later"] == f"?day={(past + timedelta(days=7)).date()}"
    answer = client.get(CALENDAR, {"day": "1850-01-01"})
    assert answer.context["rows"][0][0] == (now - timedelta(days=731)).astimezone(UTC).date()


def test_what_is_wrong_is_said(client: Client) -> None:
    answer = client.get(CALENDAR, {"day": "soon"})
    assert answer.status_code == 400
    assert "This is not a day; write it like 2026-12-31." in answer.content.decode()
    assert client.get(f"{CALENDAR}?queue=")["Location"] == "/calendar/"


def test_somebody_sees_what_his_teams_own(ada: User) -> None:  # noqa: F811
    later = of(clock.current()) + 3 * HOUR
    for queue in ("ours-q", "theirs-q"):
        pending(later + HOUR / 2, queue=queue)
    one = Client()
    one.force_login(ada)
    assert hours(one) == {later: (1, 0)}
    assert hours(one, queue="theirs-q") == {}


def test_what_is_planned_is_read_once_for_all_who_see_the_same(
    client: Client,
    ada: User,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[object] = []
    real = planning.cohorts

    def counted(*args: Any, **more: Any) -> Any:
        reads.append(more["within"])
        return real(*args, **more)

    monkeypatch.setattr(planning, "cohorts", counted)
    monkeypatch.setattr(planning, "KEPT_FOR", 600)  # however slow the machine is
    monkeypatch.setattr(planning, "hour_of", lambda _: now)
    now = of(clock.current())
    for queue in ("ours-q", "theirs-q"):
        pending(now + 2 * HOUR, queue=queue)
    one = Client()
    one.force_login(ada)
    seen = [sum(runs for runs, _ in hours(who, **query).values()) for who in (client, one) for query in QUERIES]
    assert seen == [2, 1, 1, 1, 1, 0]
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, ""),
        (7, "7"),
        (999, "999"),
        (1_000, "1k"),
        (1_290, "1.2k"),
        (12_900, "12k"),
        (3_000_000, "3M"),
        (2 * 10**9, "2G"),
    ],
)
def test_numbers_are_short(number: int, words: str) -> None:
    assert short(number) == words
