"""The list of schedules: what it shows, what finds one, and that it costs the same with five rows and fifty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from jobs.models import Job, Occurrence, Schedule
from jobs.states import Cause, State
from jobs.transitions.schedules import definitions
from tests.admin.schedule_rows import missed, ran, schedule
from tests.monitor.rows import SECOND

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/schedule/"
HOUR = timedelta(hours=1)


def shown(client, query: str = "") -> list[str]:
    response = client.get(LIST + query)
    assert response.status_code == 200, response.get("Location")
    return [row.name for row in response.context["cl"].result_list]


def act(client, action: str, *rows: Schedule, **fields: str) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    return client.post(LIST, data, follow=True).content.decode()


@pytest.mark.parametrize("rows", [5, 40])
def test_the_list_costs_the_same_with_five_and_with_forty(planner, at, rows, django_assert_num_queries):
    for n in range(rows):
        one = schedule(f"s{n}", now=at)
        for hours in range(3):
            ran(one, at - hours * HOUR - HOUR)
    # Session, user, two for the permissions; the queues of the filter; the bounded count; the rows; their last runs;
    # the times of their next.
    with django_assert_num_queries(9):
        assert planner.get(LIST).status_code == 200


def test_a_row_says_what_it_means_and_when_it_starts_next(planner, at):
    schedule("payroll", "30 2 * * mon-fri", now=at, by=User.objects.get(), target="demo.sleep", payload={"seconds": 1})
    page = planner.get(LIST).content.decode()
    assert "at 02:30 on Monday to Friday" in page
    assert "demo.sleep" in page
    assert "Europe/Berlin" in page
    row = Schedule.objects.get()
    assert f'datetime="{row.next_at:%Y-%m-%dT%H:%M:%S}+00:00"' in page
    assert f"{row.next_at.astimezone(row.zone):%a %Y-%m-%d} 02:30 CE" in page
    assert f"{row.next_at:%Y-%m-%d %H:%M:%S} UTC" in page


def test_a_run_that_was_moved_is_shown_where_it_starts(planner, at):
    row = schedule(now=at)
    elsewhere = row.next_at + timedelta(minutes=7)
    Job.objects.filter(pk=row.next_job_id).update(run_at=elsewhere)
    assert f"{elsewhere.astimezone(row.zone):%H:%M}" == "02:37"
    assert " 02:37 CE" in planner.get(LIST).content.decode()


def test_the_strip_has_a_bar_and_a_word_for_each_run_the_newest_to_the_right(planner, at):
    row = schedule(now=at)
    ran(row, at - 6 * HOUR)
    ran(row, at - 5 * HOUR, late=timedelta(minutes=5))
    ran(row, at - 4 * HOUR, State.FAILED)
    missed(row, at - 3 * HOUR, Cause.PAUSED, until=at - 2 * HOUR, count=12)
    missed(row, at - 1.5 * HOUR, Cause.PERSON)
    ran(row, at - HOUR, State.RUNNING)
    page = planner.get(LIST).content.decode()
    assert 'aria-label="Last runs of report: 12 missed, 1 on time, 1 late, 1 failed, 1 skipped, 1 running"' in page
    strip = page[page.index('<svg class="schedule-strip') : page.index("</svg>", page.index("schedule-strip"))]
    bars = [strip.index(f'class="{name}"') for name in ("on-time", "late", "failed", "missed", "skipped", "running")]
    assert bars == sorted(bars)
    assert "12 runs: missed: the schedule was paused" in strip


def test_the_run_that_comes_next_is_not_among_the_last(planner, at):
    schedule(now=at)
    assert "none yet" in planner.get(LIST).content.decode()


def test_no_more_than_twenty_are_drawn(planner, at):
    row = schedule(now=at)
    for hours in range(1, 26):
        ran(row, at - hours * HOUR)
    page = planner.get(LIST).content.decode()
    assert page.count('<rect class="on-time"') == 20
    for hours, is_drawn in ((1, True), (20, True), (21, False)):
        assert (f"<title>{at - hours * HOUR:%Y-%m-%d %H:%M:%S}" in page) is is_drawn, hours


def test_the_state_says_why(planner, at):
    by = User.objects.get()
    schedule("goes on", now=at)
    paused, off, broken, ended = (schedule(name, now=at) for name in ("paused", "off", "broken", "ended"))
    definitions.pause_schedule(paused.pk, until=at + 50 * HOUR, reason="The books are closed.", by=by, now=at)
    definitions.change_schedule(off.pk, {"enabled": False}, by=by, now=at)
    definitions.change_schedule(ended.pk, {"ends_at": at - HOUR}, by=by, now=at)
    why = "The time zone 'Mars' is not known."
    Schedule.objects.filter(pk=broken.pk).update(problem=why, next_at=None, next_job_id=None)
    page = planner.get(LIST).content.decode()
    assert f"until {at + 50 * HOUR:%Y-%m-%d %H:%M:%S}" in page
    assert "by grace: The books are closed." in page
    assert "The time zone &#x27;Mars&#x27; is not known." in page
    for state, names in {
        "on": ["goes on"],
        "paused": ["paused"],
        "off": ["off"],
        "broken": ["broken"],
        "ended": ["ended"],
    }.items():
        assert shown(planner, f"?state={state}") == names, state


def test_a_schedule_is_found_by_name_and_by_target(planner, at):
    schedule("payroll", now=at)
    schedule("backup", now=at, target="demo.log", payload={"message": "x"}, queue="nights")
    assert shown(planner, "?q=PAY") == ["payroll"]
    assert shown(planner, "?q=demo.l") == ["backup"]
    assert shown(planner, "?target=demo.noop") == ["payroll"]
    assert shown(planner, "?queue=nights") == ["backup"]


def test_those_that_have_missed_a_run_lately_are_found(planner, at):
    names = ("an hour", "a range", "long ago", "never")
    recent, ranged, old, _ = (schedule(name, now=at) for name in names)
    missed(recent, at - timedelta(minutes=30), Cause.DOWNTIME)
    missed(ranged, at - timedelta(days=20), Cause.PAUSED, until=at - timedelta(minutes=5), count=20)
    missed(old, at - timedelta(days=9), Cause.DOWNTIME)
    assert shown(planner, "?missed=hour") == ["a range", "an hour"]
    assert shown(planner, "?missed=week") == ["a range", "an hour"]


def test_the_next_start_sorts(planner, at):
    schedule("late", "0 0 1 1 *", now=at)
    schedule("soon", "* * * * *", now=at)
    assert shown(planner, "?o=3") == ["soon", "late"]
    assert shown(planner, "?o=-3")[0] == "late"


def test_a_pause_asks_until_when_and_why(planner, at):
    row = schedule("payroll", now=at)
    asked = act(planner, "pause", row)
    assert "Nothing of it starts until then." in asked
    assert "Say why, in a few words." in act(planner, "pause", row, reason=" ", at="", time_zone="UTC")
    soon = (at + 72 * HOUR).astimezone(row.zone).replace(tzinfo=None, microsecond=0)
    said = act(planner, "pause", row, reason="Holidays.", at=soon.isoformat(), time_zone="Europe/Berlin")
    assert "is paused." in said
    row.refresh_from_db()
    assert row.paused_until == soon.replace(tzinfo=row.zone)
    assert row.pause_reason == "Holidays."
    assert row.paused_by == User.objects.get()
    assert "goes on." in act(planner, "resume", row, reason="They are over.")
    row.refresh_from_db()
    assert row.paused_at is None


def test_a_pause_until_a_time_that_has_passed_is_refused(planner, at):
    row = schedule(now=at)
    asked = act(planner, "pause", row, reason="x", at="2020-01-01T00:00", time_zone="UTC")
    assert "This time is in the past" in asked
    row.refresh_from_db()
    assert row.paused_at is None


def test_schedules_are_switched_off_and_on_with_a_reason(planner, at):
    rows = [schedule(name, now=at) for name in ("one", "two")]
    act(planner, "disable", *rows, reason="Moved to the other site.")
    assert not Schedule.objects.filter(enabled=True).exists()
    assert not Schedule.objects.filter(next_job_id__isnull=False).exists()
    act(planner, "enable", rows[0], reason="And back.")
    assert Schedule.objects.get(enabled=True).next_job_id is not None


def test_deleting_says_what_becomes_of_its_run_and_history_first(planner, at):
    row = schedule("payroll", now=at)
    missed(row, at - HOUR, Cause.DOWNTIME)
    asked = act(planner, "delete_selected", row)
    assert "Its next run is cancelled, and the history of its runs is deleted with it." in asked
    assert Schedule.objects.exists()
    said = act(planner, "delete_selected", row, reason="Not needed any more.")
    assert "and its history are deleted. Its next run, job" in said
    assert not Schedule.objects.exists()
    assert not Occurrence.objects.exists()


@pytest.mark.parametrize("action", ["pause", "resume", "enable", "disable", "delete_selected"])
def test_those_who_may_only_look_get_no_actions(client, person, at, action):
    client.force_login(person("view_schedule", staff=True))
    row = schedule(now=at)
    act(client, action, row, reason="x", at="", time_zone="UTC")
    row.refresh_from_db()
    assert (row.enabled, row.paused_at) == (True, None)
    assert client.get(f"{LIST}{row.pk}/ask/{action}/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/runs/skip/?at={row.next_at:%Y-%m-%dT%H:%M:%SZ}").status_code == 403


def test_those_who_may_not_look_see_nothing(client, person, at):
    client.force_login(person("view_job", staff=True))
    row = schedule(now=at)
    for path in (LIST, f"{LIST}{row.pk}/", "/admin/jobs/occurrence/"):
        assert client.get(path).status_code == 403, path


def test_missed_runs_are_listed_and_filtered(planner, at, django_assert_num_queries):
    first, second = schedule("payroll", now=at), schedule("backup", now=at)
    ran(first, at - 5 * HOUR)
    missed(first, at - 4 * HOUR, Cause.CALENDAR)
    missed(second, at - timedelta(days=3), Cause.PAUSED, until=at - timedelta(days=2), count=7)
    path = "/admin/jobs/occurrence/"

    def names(query: str = "") -> list[str]:
        return [str(row.schedule) for row in planner.get(path + query).context["cl"].result_list]

    assert names() == ["payroll", "backup"]
    assert names("?cause=paused") == ["backup"]
    assert names("?q=payr") == ["payroll"]
    assert names(f"?schedule__id__exact={second.pk}") == ["backup"]
    assert names(f"?day={at - 4 * HOUR:%Y-%m-%d}") == ["payroll"]
    page = planner.get(path).content.decode()
    assert "what should have run and has not" in page
    assert "the calendar was closed" in page
    for n in range(30):
        missed(first, at - timedelta(days=5) - n * SECOND, Cause.LATE)
    # Session, user, two for the permissions; the bounded count; the rows.
    with django_assert_num_queries(6):
        planner.get(path)
