"""A past range is counted, shown and started from a schedule's page; operations are followed and cancelled."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from jobs.clock import clock
from jobs.models import Audit, Calendar, Job, Occurrence, Operation, Schedule
from jobs.scheduler.operations import operations
from jobs.states import Cause
from jobs.transitions.schedules import definitions
from tests.admin.schedule_rows import missed, ran, schedule

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)
RANGE = {"begin": "2030-01-01T07:00", "until": "2030-01-01T13:00", "time_zone": "Europe/Berlin", "only_missed": "on"}
LIST = "/admin/jobs/operation/"


@pytest.fixture(autouse=True)
def at_new_year(monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: NOW)


@pytest.fixture
def planner(client, person):
    client.force_login(
        person("all_teams", "view_schedule", "control_schedule", "add_job", "view_audit", staff=True, name="ada")
    )
    return client


@pytest.fixture
def hourly(db):
    """An hourly schedule, of which three of six runs of the morning have not started."""
    row = schedule("hourly", "0 * * * *", now=NOW - timedelta(days=2), target="demo.sleep", payload={"seconds": 0.25})
    Occurrence.objects.filter(schedule=row).delete()
    for hour in (6, 7, 8):
        ran(row, NOW.replace(hour=hour, second=0))
    missed(row, NOW.replace(hour=9, second=0), Cause.DOWNTIME, until=NOW.replace(hour=11, second=0), count=3)
    return row


def ask(client, row, *, follow=False, **fields):
    return client.post(
        f"/admin/jobs/schedule/{row.pk}/backfill/", {"per_minute": "60", **RANGE, **fields}, follow=follow
    )


def text(answer) -> str:
    assert answer.status_code == 200, answer.get("Location")
    return answer.content.decode()


def counted(page: str) -> str:
    return re.search(r'name="counted" value="([^"]+)"', page)[1]


def begun(client, row, **fields) -> Operation:
    stamp = counted(text(ask(client, row, **fields)))
    page = text(ask(client, row, follow=True, reason="They need it.", counted=stamp, _start="1", **fields))
    assert "Operation" in page
    return Operation.objects.get()


def test_the_form_begins_with_the_last_day_by_the_clocks_of_the_schedule(planner, hourly):
    page = text(planner.get(f"/admin/jobs/schedule/{hourly.pk}/backfill/"))
    assert 'value="2029-12-31T13:00"' in page
    assert 'value="2030-01-01T13:00"' in page
    assert 'value="Europe/Berlin"' in page
    assert "_start" not in page


def test_a_preview_counts_and_shows_and_begins_nothing(planner, hourly):
    page = text(ask(planner, hourly))
    assert "3 jobs, made within 2 s" in page
    assert page.count("<li><time") == 3
    assert "Tue 2030-01-01 10:00 CET" in page
    assert "demo.sleep" in page
    assert "&quot;seconds&quot;: 0.25" in page
    assert "Say why" not in page
    assert "Start 3 jobs" in page
    assert not Operation.objects.exists()


def test_all_again_shows_the_first_ten(planner, hourly):
    fields = {"begin": "2029-12-31T13:00", "only_missed": ""}
    page = text(ask(planner, hourly, **fields))
    assert "The first 10 of the times that they stand for:" in page
    assert page.count("<li><time") == 10
    assert "What has started already starts again." in page


def test_what_was_shown_is_started_with_a_reason(planner, hourly):
    operation = begun(planner, hourly, per_minute="6000")
    assert (operation.total, operation.per_minute, operation.created_by.username) == (3, 6000, "ada")
    assert Audit.objects.get(by__username="ada").reason == "They need it."
    operations(now=NOW + timedelta(seconds=1))
    assert Job.objects.filter(schedule=hourly, run_at=NOW + timedelta(seconds=1)).count() == 3


def test_starting_needs_a_reason_and_what_was_counted(planner, hourly):
    stamp = counted(text(ask(planner, hourly)))
    page = text(ask(planner, hourly, counted=stamp, _start="1"))
    assert "Say why, in a few words." in page
    assert "Start 3 jobs" in page
    for changed in ({"only_missed": ""}, {"begin": "2030-01-01T11:00"}, {"until": "2030-01-01T12:00"}):
        page = text(ask(planner, hourly, counted=stamp, _start="1", reason="x", **changed))
        assert "no longer what was counted" in page
    assert not Operation.objects.exists()


def test_a_button_that_is_pressed_twice_begins_one(planner, hourly):
    operation = begun(planner, hourly)
    stamp = counted(text(ask(planner, hourly)))
    page = text(ask(planner, hourly, counted=stamp, _start="1", reason="They need it."))
    assert f"Operation {operation.pk} does this already: 0 of 3 jobs." in page
    assert Operation.objects.get() == operation


def test_a_range_without_anything_left_cannot_be_started(planner, hourly):
    page = text(ask(planner, hourly, until="2030-01-01T08:30"))
    assert "There is nothing in this range that has not started" in page
    assert "Start 0" not in page
    stamp = f"{NOW.replace(hour=6, second=0).isoformat()} {NOW.replace(hour=7, minute=30, second=0).isoformat()} True"
    page = text(ask(planner, hourly, until="2030-01-01T08:30", counted=stamp, _start="1", reason="x"))
    assert "There is nothing in this range that has not started" in page
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("field", "asked", "why"),
    [
        ("begin", {"begin": ""}, "Choose the first moment of the range."),
        ("begin", {"begin": "yesterday"}, "This is not a date and time up to the year 9999; choose one."),
        ("until", {"until": ""}, "Choose the moment before which the range ends."),
        ("until", {"until": "2030-01-01T07:00"}, "The range ends before it begins; choose a later end."),
        ("until", {"until": "2030-01-02T07:00"}, "Only what has passed is made up for; let the range end now at the"),
        ("begin", {"begin": "2029-10-28T02:30"}, "Clocks in Europe/Berlin change at this time"),
        ("time_zone", {"time_zone": "Mars"}, "is not known"),
        ("time_zone", {"time_zone": ""}, "This field is required."),
        ("per_minute", {"per_minute": "0"}, "Give 1 to 6,000 jobs a minute."),
        ("per_minute", {"per_minute": "6001"}, "Give 1 to 6,000 jobs a minute."),
        ("per_minute", {"per_minute": "many"}, "This is not a whole number; give the number of jobs a minute."),
        ("per_minute", {"per_minute": ""}, "This is not a whole number; give the number of jobs a minute."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(planner, hourly, field, asked, why):
    answer = ask(planner, hourly, **asked)
    assert list(answer.context["form"].errors) == [field]
    assert why in answer.context["form"].errors[field][0]
    assert "_start" not in text(answer)


def test_all_that_is_wrong_is_said_at_once(planner, hourly):
    answer = ask(planner, hourly, begin="", until="soon", per_minute="0")
    assert list(answer.context["form"].errors) == ["begin", "until", "per_minute"]


def test_a_schedule_that_cannot_be_reckoned_with_says_so(planner, hourly):
    Schedule.objects.filter(pk=hourly.pk).update(expression="61 * * * *")
    answer = ask(planner, hourly)
    assert "Its times cannot be reckoned out: " in answer.context["form"].errors["begin"][0]


def test_a_zone_that_is_not_known_begins_in_utc(planner, hourly):
    Schedule.objects.filter(pk=hourly.pk).update(time_zone="Mars/Base")
    assert 'value="2030-01-01T12:00"' in text(planner.get(f"/admin/jobs/schedule/{hourly.pk}/backfill/"))


def test_the_preview_says_what_becomes_of_them(planner, hourly):
    definitions.pause_schedule(hourly.pk, until=None, reason="x", by=None, now=NOW)
    Schedule.objects.filter(pk=hourly.pk).update(calendar=Calendar.objects.create(name="office", time_zone="UTC"))
    page = text(ask(planner, hourly))
    assert "The schedule is paused; these runs start all the same." in page
    assert "they wait for it: none of them is left out." in page
    assert "Where the calendar &#x27;office&#x27; is closed when one would start: " in page


def test_the_list_says_how_far_each_is_at_the_same_cost(planner, hourly, django_assert_num_queries, monkeypatch):
    operation = begun(planner, hourly, per_minute="1")
    operations(now=NOW)
    # Session, user, two for the permissions; the bounded count; the rows.
    with django_assert_num_queries(6):
        page = text(planner.get(LIST))
    assert "goes on" in page
    assert re.search(r"Backfill \d+</a>.*field-made[^>]*>1 of 3 <small[^>]*>1 a minute<", page, re.DOTALL)
    assert ">by ada<" in page
    assert "Tue 2030-01-01 13:02:03 CET" in page  # three at one a minute
    monkeypatch.setattr(clock, "current", lambda: NOW + timedelta(minutes=10))
    assert "It is behind its rate" in text(planner.get(LIST))
    Operation.objects.create(
        **{name: getattr(operation, name) for name in ("kind", "begins_at", "until", "total", "reached_at")},
        created_at=NOW,
        ended_at=NOW,
        outcome="failed",
        why="Its schedule was deleted.",
    )
    with django_assert_num_queries(6):
        page = text(planner.get(LIST))
    assert "Its schedule was deleted." in page
    for state, ids in (("goes-on", [operation.pk]), ("failed", [operation.pk + 1]), ("done", []), ("x", None)):
        found = [row.pk for row in planner.get(f"{LIST}?state={state}").context["cl"].result_list]
        assert found == ([operation.pk + 1, operation.pk] if ids is None else ids)
    of_it = planner.get(f"{LIST}?schedule__id__exact={hourly.pk}").context["cl"].result_list
    assert [row.pk for row in of_it] == [operation.pk]


def test_one_is_cancelled_once_and_with_a_reason(planner, hourly):
    operation = begun(planner, hourly, per_minute="1")
    operations(now=NOW)
    page, cancel = f"{LIST}{operation.pk}/change/", f"{LIST}{operation.pk}/cancel/"
    assert planner.get(f"{LIST}{operation.pk}/history/").url == page
    assert cancel in text(planner.get(page))
    assert "It makes no more jobs." in text(planner.get(cancel))
    assert "Say why, in a few words." in text(planner.post(cancel, {"reason": ""}))
    said = text(planner.post(cancel, {"reason": "Enough."}, follow=True))
    assert f"Operation {operation.pk} is cancelled; it has made 1 of 3 jobs." in said
    assert cancel not in said
    operation.refresh_from_db()
    assert (operation.outcome, operation.why) == ("cancelled", "Enough.")
    assert Audit.objects.latest("id").reason == "Enough."
    again = text(planner.post(cancel, {"reason": "Enough."}, follow=True))
    assert f"Operation {operation.pk} has ended already: cancelled." in again
    assert "There is no operation 999." in text(planner.get(f"{LIST}999/cancel/", follow=True))


@pytest.mark.parametrize("lacks", ["control_schedule", "add_job", "view_schedule"])
def test_a_backfill_needs_the_rights_that_rest_asks_for(client, person, hourly, lacks):
    rights = {"view_schedule", "control_schedule", "add_job"} - {lacks}
    client.force_login(person(*rights, staff=True))
    assert ask(client, hourly).status_code == 403
    if lacks != "view_schedule":
        assert "/backfill/" not in text(client.get(f"/admin/jobs/schedule/{hourly.pk}/"))


def test_only_those_who_control_schedules_cancel(client, person, planner, hourly):
    operation = begun(planner, hourly)
    client.force_login(person("view_schedule", staff=True))
    assert "/cancel/" not in text(client.get(f"{LIST}{operation.pk}/change/"))
    assert client.post(f"{LIST}{operation.pk}/cancel/", {"reason": "x"}).status_code == 403
    client.force_login(person("control_schedule", staff=True, name="eve"))
    assert client.get(LIST).status_code == 403


def test_the_page_of_a_schedule_leads_there(planner, hourly):
    page = text(planner.get(f"/admin/jobs/schedule/{hourly.pk}/"))
    assert f"/admin/jobs/schedule/{hourly.pk}/backfill/" in page
    assert f"{LIST}?schedule__id__exact={hourly.pk}" in page
    missing = planner.get("/admin/jobs/schedule/999/backfill/", follow=True)
    assert "There is no schedule 999; it may have been deleted." in text(missing)
