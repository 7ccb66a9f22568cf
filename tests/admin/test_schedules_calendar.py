"""The calendar of all schedules: counts by day and by hour, past and to come, at the same cost for any number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.admin.schedules import calendar
from jobs.states import Cause, State
from tests.admin.schedule_rows import missed, ran, schedule
from tests.admin.test_schedules import HOUR
from tests.monitor.rows import pending

pytestmark = pytest.mark.django_db
PAGE = "/admin/jobs/schedule/calendar/"


def cells(client, query: str) -> dict[str, tuple[int, int, int]]:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    rows = answer.context["rows"]
    flat = (
        [cell for row in rows for cell in row]
        if not answer.context["by_hours"]
        else [cell for _, of_hour in rows[0] for cell in of_hour]
    )
    form = "%Y-%m-%d %H" if answer.context["by_hours"] else "%Y-%m-%d"
    return {cell.begin.strftime(form): (cell.runs, cell.failed, cell.missed) for cell in flat}


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_past_month_counts_what_ran_failed_and_was_missed(planner, at):
    row = schedule(now=at)
    day = noon(date(2026, 5, 11))
    for n in range(3):
        ran(row, day + n * HOUR)
    ran(row, day + 5 * HOUR, State.FAILED)
    missed(row, day - 5 * HOUR, Cause.PAUSED, until=day - HOUR, count=7)
    pending(day)  # no schedule's
    found = cells(planner, "?day=2026-05-20")
    assert found["2026-05-11"] == (4, 1, 7)
    assert found["2026-05-12"] == (0, 0, 0)
    assert next(iter(found)) == "2026-04-27"
    assert list(found)[-1] == "2026-05-31"


def test_what_is_to_come_is_reckoned_with_its_zone(planner, at):
    begin = datetime(2027, 3, 1, tzinfo=UTC)
    schedule("daily", "30 23 * * *", starts_at=begin, now=at)  # 22:30 or 21:30 UTC
    found = cells(planner, "?day=2027-03-15&zone=Europe/Berlin")
    assert [found[f"2027-03-{day:02d}"][0] for day in range(1, 32)] == [1] * 31
    assert next(iter(found)) == "2027-03-01", "a Monday: nothing of it comes the day before"
    week = cells(planner, "?by=week&day=2027-03-28&zone=Europe/Berlin")
    assert {hour: count for hour, (count, _, _) in week.items() if count} == {
        f"2027-03-{day} 23": 1 for day in range(22, 29)
    }


def test_hours_that_clocks_skip_or_show_twice_have_their_own_length(planner, at):
    schedule("quarters", "*/15 * * * *", starts_at=datetime(2027, 3, 1, tzinfo=UTC), now=at)
    spring = cells(planner, "?by=week&day=2027-03-28&zone=Europe/Berlin")
    assert spring["2027-03-28 01"][0] == 4
    assert sum(count for hour, (count, _, _) in spring.items() if hour.startswith("2027-03-28")) == 23 * 4
    schedule("in autumn", "*/15 * * * *", starts_at=datetime(2027, 10, 20, tzinfo=UTC), now=at)
    autumn = cells(planner, "?by=week&day=2027-10-31&zone=Europe/Berlin")
    assert autumn["2027-10-31 01"][0] == 4
    assert autumn["2027-10-31 02"][0] == 8


def test_of_too_many_only_the_next_run_is_counted_and_the_page_says_so(planner, at, monkeypatch):
    monkeypatch.setattr(calendar, "SCHEDULES", 2)
    begin = datetime(2027, 3, 1, tzinfo=UTC)
    for n in range(3):
        schedule(f"s{n}", "0 12 * * *", starts_at=begin, now=at, time_zone="UTC")
    found = cells(planner, "?day=2027-03-15")
    assert found["2027-03-01"][0] == 3
    assert found["2027-03-02"][0] == 2
    assert "only the next run is counted" in planner.get(PAGE + "?day=2027-03-15").content.decode()


def test_a_cell_that_was_not_read_to_its_end_says_so(planner, at, monkeypatch):
    monkeypatch.setattr(calendar, "COUNT_LIMIT", 3)
    row = schedule(now=at)
    for n in range(5):
        ran(row, noon(date(2026, 5, 11)) + n * HOUR)
    missed(row, noon(date(2026, 5, 12)), Cause.LATE)
    text = planner.get(PAGE + "?day=2026-05-11").content.decode()
    assert ">3+ <" in text
    assert "∅ 1<" in text


@pytest.mark.parametrize("query", ["", "?by=week"])
@pytest.mark.parametrize("schedules", [2, 20])
def test_it_costs_the_same_for_any_number(planner, at, query, schedules, django_assert_num_queries):
    for n in range(schedules):
        ran(schedule(f"s{n}", now=at), at - HOUR - timedelta(days=n))
    # Session, user, two for the permissions; the counts; what is to come.
    with django_assert_num_queries(6):
        planner.get(PAGE + query)


@pytest.mark.parametrize("query", ["?day=0001-01-01", "?day=9999-12-31", "?day=x&zone=Mars", "?by=week&day=1970-01-01"])
def test_no_day_is_out_of_bounds(planner, at, query):
    assert planner.get(PAGE + query).status_code == 200
