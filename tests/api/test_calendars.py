"""Calendars by REST: defined, read, looked at ahead; and jobs that have one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from jobs.models import Calendar, CalendarRange, Job
from tests.api.conftest import JOBS, bearer, new_job

CALENDARS = "/api/v1/calendars/"
OFFICE = f"{CALENDARS}office/"
GIVEN = {
    "time_zone": "Europe/Berlin",
    "days": ["monday", "tuesday", "friday"],
    "open_from": "09:00",
    "open_until": "17:30",
    "holidays_of": "DE-BW",
    "ranges": [
        {"starts": "2026-12-24T12:00", "ends": "2027-01-01", "label": "closed for the holidays"},
        {"starts": "2026-12-26", "ends": "2026-12-26T18:00:00", "is_open": True},
    ],
}


@pytest.fixture
def planner(operator) -> Client:
    wanted = ["view_calendar", "change_calendar"]
    operator.user_permissions.add(*Permission.objects.filter(content_type__app_label="jobs", codename__in=wanted))
    return bearer(operator)


def put(api, *, at=OFFICE, **fields):
    return api.put(at, {**GIVEN, **fields}, content_type="application/json")


@pytest.fixture
def closed(db):
    """On every day, with one opening far ahead."""
    calendar = Calendar.objects.create(name="closed", open_days=0)
    CalendarRange.objects.create(
        calendar=calendar,
        first_day=(datetime.now(tz=UTC) + timedelta(days=300)).date(),
        last_day=date(9998, 1, 1),
        is_open=True,
    )
    return calendar


def test_it_is_defined_read_and_listed(planner: Client) -> None:
    assert put(planner).status_code == 201
    shown = planner.get(OFFICE).json()
    assert shown == {
        **GIVEN,
        "name": "office",
        "open_from": "09:00:00",
        "open_until": "17:30:00",
        "ranges": [
            {
                "starts": "2026-12-24T12:00:00",
                "ends": "2027-01-01",
                "is_open": False,
                "label": "closed for the holidays",
            },
            {"starts": "2026-12-26", "ends": "2026-12-26T18:00:00", "is_open": True, "label": ""},
        ],
    }
    assert planner.get(CALENDARS).json() == [shown]
    closing = Calendar.objects.get().snapshot().ranges[0]
    assert closing.ends == datetime(2027, 1, 2), "a day is meant with all its hours"  # noqa: DTZ001


def test_defining_it_again_leaves_nothing_of_the_old_one(planner: Client) -> None:
    put(planner)
    again = planner.put(OFFICE, {}, content_type="application/json")
    assert again.status_code == 200
    assert again.json() == {
        "name": "office",
        "time_zone": "UTC",
        "days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "open_from": None,
        "open_until": None,
        "holidays_of": "",
        "ranges": [],
    }
    assert not CalendarRange.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone", "like Europe/Berlin"),
        ({"days": ["mon"]}, "days.0", "give some of monday"),
        ({"open_from": "9 o'clock"}, "open_from", "like 09:00"),
        ({"open_from": "09:00Z"}, "open_from", "leave the zone out"),
        ({"open_from": "22:00", "open_until": "22:00"}, "open_until", "end when they begin"),
        ({"holidays_of": "XX"}, "holidays_of", "such as DE"),
        ({"holydays_of": "DE"}, "holydays_of", "known are"),
        ({"ranges": [{"starts": "tomorrow", "ends": "2026-12-24"}]}, "ranges.0.starts", "neither a day nor a time"),
        ({"ranges": [{"starts": "2026-12-24T12:00Z", "ends": "2026-12-24"}]}, "ranges.0.starts", "own zone"),
        ({"ranges": [{"starts": "2026-12-24", "ends": "2026-12-23"}]}, "ranges.0", "must end after it begins"),
        ({"ranges": [{"starts": "2026-12-24T12:00", "ends": "2026-12-24T11:00"}]}, "ranges.0", "must end after"),
        ({"ranges": [{"starts": "2026-12-24", "ends": "9999-12-31"}]}, "ranges.0", "1970 and 9998"),
    ],
)
def test_what_is_refused(planner: Client, problem, wrong, field, says) -> None:
    problem(put(planner, **wrong), 400, field, says)
    assert not Calendar.objects.exists()


def test_a_name_that_could_not_be_an_address(planner: Client, problem) -> None:
    problem(put(planner, at=f"{CALENDARS}the%20office/"), 400, "name", "letters, digits")


def test_one_that_there_is_not(planner: Client, problem) -> None:
    problem(planner.get(OFFICE), 404, says="GET /api/v1/calendars/")
    problem(planner.get(f"{OFFICE}openings/"), 404)


def test_permissions(api: Client, planner: Client, user, problem) -> None:
    user.user_permissions.clear()
    stranger = bearer(user)
    for answer in (stranger.get(CALENDARS), stranger.get(OFFICE), put(stranger), stranger.get(f"{OFFICE}openings/")):
        problem(answer, 403)


def test_its_openings_are_shown_on_its_own_clock(planner: Client) -> None:
    put(planner)
    shown = planner.get(f"{OFFICE}openings/", {"from": "2026-12-21T12:00:00Z", "days": "7"}).json()
    assert shown["closed"] is None
    assert shown["openings"] == [
        {"start": "2026-12-21T13:00:00+01:00", "end": "2026-12-21T17:30:00+01:00"},
        {"start": "2026-12-22T09:00:00+01:00", "end": "2026-12-22T17:30:00+01:00"},
    ], "a closed range goes over an open one"
    holiday = planner.get(f"{OFFICE}openings/", {"from": "2027-01-06T12:00:00Z"}).json()
    assert holiday["closed"] == "closed on Wednesdays"
    assert planner.get(f"{OFFICE}openings/").status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "soon"}, "from"),
        ({"from": "2026-12-21T12:00:00"}, "from"),
        ({"from": "9999-01-01T12:00:00Z"}, "from"),
        ({"days": "0"}, "days"),
        ({"days": "367"}, "days"),
        ({"days": "-1"}, "days"),
        ({"days": "0000000005"}, "days"),
    ],
)
def test_a_look_ahead_that_is_refused(planner: Client, problem, asked, field) -> None:
    put(planner)
    problem(planner.get(f"{OFFICE}openings/", asked), 400, field)


def test_a_job_with_a_calendar_is_told_what_it_did(api: Client, closed) -> None:
    given = new_job(calendar="closed")
    answer = api.post(JOBS, given, content_type="application/json")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["calendar"], body["blackout"]) == ("closed", "next")
    assert datetime.fromisoformat(body["asked_run_at"]) == datetime.fromisoformat(given["run_at"])
    assert body["waited_for"].startswith("Moved from")
    opens = datetime.combine(closed.ranges.get().first_day, time.min, UTC)
    assert datetime.fromisoformat(body["run_at"]) == Job.objects.get().run_at == opens


def test_a_job_that_will_be_skipped_is_told_so(api: Client, closed) -> None:
    body = api.post(JOBS, new_job(calendar="closed", blackout="skip"), content_type="application/json").json()
    assert body["state_name"] == "pending"
    assert body["waited_for"].startswith("It will be skipped")


def test_a_plain_job_has_none(api: Client) -> None:
    body = api.post(JOBS, new_job(), content_type="application/json").json()
    assert (body["calendar"], body["blackout"], body["asked_run_at"], body["waited_for"]) == (None, "next", None, "")


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [({"calendar": "none"}, "calendar", "There is no calendar 'none'"), ({"blackout": "x"}, "blackout", "give skip")],
)
@pytest.mark.usefixtures("closed")
def test_a_job_that_is_refused(api: Client, problem, wrong, field, says) -> None:
    problem(
        api.post(JOBS, new_job(**{"calendar": "closed", **wrong}), content_type="application/json"), 400, field, says
    )


def test_a_list_of_jobs_costs_the_same_with_calendars(api: Client, closed, django_assert_num_queries) -> None:
    for _ in range(5):
        api.post(JOBS, new_job(calendar="closed"), content_type="application/json")
    # The token with its user and what that may; the jobs.
    with django_assert_num_queries(2):
        assert len(api.get(JOBS).json()["results"]) == 5
