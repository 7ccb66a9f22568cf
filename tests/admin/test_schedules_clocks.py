"""Changes of clocks that schedules meet, and the click that moves them out of it. Berlin puts its clocks forward from
02:00 to 03:00 on the last Sunday of March, and back from 03:00 to 02:00 on the last of October."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobs.admin.schedules import clocks
from jobs.models import Audit, Schedule
from tests.admin.schedule_rows import schedule

pytestmark = pytest.mark.django_db
PAGE = "/admin/jobs/schedule/clocks/"


def met(client, query: str = "") -> list[tuple[str, bool, str | None]]:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return [(name, one.change.kind == "gap", one.instead) for one, name in answer.context["rows"]]


def test_those_that_meet_a_gap_and_a_fold_are_listed_with_what_will_happen(planner, at):
    schedule("nightly", "30 2 * * *", now=at)
    schedule("morning", "30 6 * * *", now=at)
    schedule("quarterly", "*/15 * * * *", now=at)
    schedule("elapsed", "every 10 minutes", dialect="interval", now=at)
    schedule("utc", "30 2 * * *", time_zone="UTC", now=at)
    found = met(planner)
    assert sorted(found) == [("nightly", False, "30 3 * * *"), ("nightly", True, "30 3 * * *")]
    text = planner.get(PAGE).content.decode()
    assert "The clocks go from 2027-03-28 02:00 to 03:00: 02:30 does not exist, and starts at 03:00." in text
    assert (
        "The clocks go back from 2027-10-31 03:00 to 02:00: 02:30 comes twice, and starts the first time only." in text
    )


def test_those_of_every_hour_are_shown_when_asked_for(planner, at):
    schedule("quarterly", "*/15 * * * *", now=at)
    assert met(planner) == []
    assert {gap for _, gap, _ in met(planner, "?all=1")} == {True, False}
    text = planner.get(f"{PAGE}?all=1").content.decode()
    assert "4 times from 02:00 to 02:45 come twice, and start both times." in text
    assert "4 times from 02:00 to 02:45 do not exist, and nothing is made up for it." in text


def test_recurrence_rules_meet_them_too(planner, at):
    schedule("rule", "DTSTART:20261101T023000\nRRULE:FREQ=DAILY", dialect="rrule", now=at)
    assert sorted(met(planner)) == [("rule", False, None), ("rule", True, None)]


def test_a_click_moves_all_of_one_expression_an_hour_later_with_audit(planner, at):
    for name in ("one", "two"):
        schedule(name, "30 2 * * *", now=at)
    other = schedule("other", "30 2 * * *", time_zone="Europe/Paris", now=at)
    asked = {"time_zone": "Europe/Berlin", "expression": "30 2 * * *", "dialect": "cron"}
    answer = planner.post(PAGE, asked, follow=True).content.decode()
    assert "2 schedules were moved: 30 3 * * *." in answer
    assert set(Schedule.objects.filter(expression="30 3 * * *").values_list("name", flat=True)) == {"one", "two"}
    other.refresh_from_db()
    assert other.expression == "30 2 * * *"
    assert {name for name, _, _ in met(planner)} == {"other"}
    noted = Audit.objects.filter(subject="schedule", reason="Moved out of the change of clocks.")
    assert noted.count() == 2
    for row in Schedule.objects.filter(expression="30 3 * * *"):
        assert row.next_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 3


def test_it_is_moved_as_many_hours_as_it_takes(planner, at):
    # New York leaves out 02:00 to 03:00 in spring, and has 01:00 to 02:00 twice in autumn.
    schedule("nightly", "30 1 * * mon-fri,sun", time_zone="America/New_York", now=at)
    assert met(planner) == [("nightly", False, "30 3 * * mon-fri,sun")]


@pytest.mark.parametrize("expression", ["30 1,2 * * *", "0 2-3 * * *"])
def test_what_is_not_simple_is_not_offered(planner, at, expression):
    schedule("odd", expression, now=at)
    assert {instead for _, _, instead in met(planner)} == {None}
    asked = {"time_zone": "Europe/Berlin", "expression": expression, "dialect": "cron"}
    assert "None of these can be moved" in planner.post(PAGE, asked, follow=True).content.decode()


def test_those_who_may_only_look_get_no_click(client, person, at):
    client.force_login(person("view_schedule", staff=True))
    schedule("nightly", "30 2 * * *", now=at)
    assert "Move to" not in client.get(PAGE).content.decode()
    asked = {"time_zone": "Europe/Berlin", "expression": "30 2 * * *", "dialect": "cron"}
    assert client.post(PAGE, asked).status_code == 403


def test_it_goes_on_where_it_stopped(planner, at, monkeypatch):
    monkeypatch.setattr(clocks, "EXPRESSIONS", 2)
    names = [f"s{minute}" for minute in range(4)]
    for minute, name in enumerate(names):
        schedule(name, f"{minute} 2 * * *", now=at)
    schedule("rule", "DTSTART:20261101T023000\nRRULE:FREQ=DAILY", dialect="rrule", now=at)  # of two lines
    seen, query = [], ""
    for _ in range(3):
        answer = planner.get(PAGE, {"after": query})
        seen += [name for one, name in answer.context["rows"] if one.change.kind == "gap"]
        query = answer.context["after"]
    assert sorted(seen) == sorted([*names, "rule"])
    assert len(planner.get(PAGE, {"after": "nonsense"}).context["rows"]) == 4
    assert query == ""


@pytest.mark.parametrize("schedules", [2, 20])
def test_it_costs_the_same_for_any_number(planner, at, schedules, django_assert_num_queries):
    for n in range(schedules):
        schedule(f"s{n}", f"{n} 2 * * *", now=at)
    # Session, user, two for the permissions; the zones; the expressions; the names of the first of each.
    with django_assert_num_queries(7):
        planner.get(PAGE)


def test_a_jobs_page_names_the_run_that_it_stands_for(planner, at):
    row = schedule("nightly", "30 2 * * *", now=at)
    text = planner.get(f"/admin/jobs/job/{row.next_job_id}/change/").content.decode()
    assert f'<a class="schedule-name" href="/admin/jobs/schedule/{row.pk}/">nightly</a>, its run of' in text
    assert isinstance(row.next_at, datetime)
    assert row.next_at - at < timedelta(days=2)
