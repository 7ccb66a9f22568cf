"""Calendars in the admin: days by name, an error beside its field, what it means for the next two weeks."""

from __future__ import annotations

import re
from datetime import date, time

import pytest
from django.test import Client

from jobs.models import Calendar, CalendarRange, Job

pytestmark = pytest.mark.django_db
CALENDARS = "/admin/jobs/calendar/"
RIGHTS = [f"{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in ("calendar", "calendarrange")]


@pytest.fixture
def planner(person):
    client = Client()
    client.force_login(person("view_job", "add_job", *RIGHTS, staff=True, name="hedy"))
    return client


def filled(*ranges, **fields):
    rows = {f"ranges-{n}-{name}": value for n, row in enumerate(ranges) for name, value in row.items()}
    return {
        "name": "office",
        "time_zone": "Europe/Berlin",
        "days": ["0", "4"],
        "open_from": "09:00",
        "open_until": "17:30",
        "holidays_of": "DE-BW",
        "ranges-TOTAL_FORMS": str(len(ranges)),
        "ranges-INITIAL_FORMS": "0",
        **rows,
        **fields,
    }


def test_it_is_defined_with_its_days_and_ranges(planner):
    closing = {"first_day": "2026-12-24", "first_time": "12:00", "last_day": "2027-01-01", "label": "holidays"}
    response = planner.post(f"{CALENDARS}add/", filled(closing))
    assert response.status_code == 302, response.context["adminform"].form.errors
    office = Calendar.objects.get()
    assert (office.days, office.open_from, office.open_until) == ({0, 4}, time(9), time(17, 30))
    assert (office.ranges.get().last_day, office.ranges.get().is_open) == (date(2027, 1, 1), False)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone", "like Europe/Berlin"),
        ({"open_until": "09:00"}, "open_until", "end when they begin"),
        ({"holidays_of": "DE-XX"}, "holidays_of", "no part"),
        ({"name": "the office"}, "name", "letters, digits"),
    ],
)
def test_an_error_stands_beside_its_field(planner, wrong, field, words):
    response = planner.post(f"{CALENDARS}add/", filled(**wrong))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == [field]
    assert words in errors[field][0]


def test_a_range_in_the_wrong_order(planner):
    backwards = {"first_day": "2026-12-24", "last_day": "2026-12-23"}
    page = planner.post(f"{CALENDARS}add/", filled(backwards)).content.decode()
    assert "must end after it begins" in page
    assert not Calendar.objects.exists()


def test_its_page_and_the_list_say_when_it_is_open(planner, at):
    office = Calendar.objects.create(name="office", open_days=0)
    CalendarRange.objects.create(
        calendar=office, first_day=at.date(), first_time=time(0), last_day=at.date(), is_open=True, label="today only"
    )
    page = planner.get(f"{CALENDARS}{office.pk}/change/").content.decode()
    assert page.count("<li>") >= 1
    assert f"{at:%A, %Y-%m-%d}" in page
    assert "Times of UTC." in page
    assert ">open<" in planner.get(CALENDARS).content.decode()
    Calendar.objects.update(time_zone="Mars/Base")  # by somebody's hand
    assert "This time zone is not known" in planner.get(f"{CALENDARS}{office.pk}/change/").content.decode()
    assert "This time zone is not known" in planner.get(CALENDARS).content.decode()


def test_changing_it_keeps_the_days_that_are_ticked(planner):
    office = Calendar.objects.create(name="office", open_days=0b1000001)
    page = planner.get(f"{CALENDARS}{office.pk}/change/").content.decode()
    ticked = [box for box in re.findall("<input[^>]*>", page) if 'name="days"' in box and "checked" in box]
    assert [re.search('value="(.)"', box).group(1) for box in ticked] == ["0", "6"]
    assert planner.post(f"{CALENDARS}{office.pk}/change/", filled(days=["6"])).status_code == 302
    assert Calendar.objects.get().days == {6}


def test_whoever_may_only_look_sees_it(person):
    client = Client()
    client.force_login(person("view_calendar", staff=True, name="linus"))
    office = Calendar.objects.create(name="office")
    page = client.get(f"{CALENDARS}{office.pk}/change/")
    assert page.status_code == 200
    assert "Monday, Tuesday" in page.content.decode()
    assert client.post(f"{CALENDARS}{office.pk}/change/", filled()).status_code == 403


def test_one_that_jobs_have_is_not_deleted(planner, make_job):
    office = Calendar.objects.create(name="office")
    job = make_job(calendar="office")
    assert planner.post(f"{CALENDARS}{office.pk}/delete/", {"post": "yes"}).status_code == 403
    Job.objects.filter(pk=job.pk).delete()
    assert planner.post(f"{CALENDARS}{office.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Calendar.objects.exists()


def test_the_form_of_a_job_offers_them_and_says_what_they_did(planner, at):
    Calendar.objects.create(name="closed", open_days=0)
    Calendar.objects.create(name="another", open_from=time(23, 59, 59))
    assert '<option value="another">another</option>' in planner.get("/jobs/new/").content.decode()
    job = {"target": "demo.noop", "payload": "{}", "queue": "default", "time_zone": "UTC"}
    run_at = f"{at.year + 1}-01-01T12:00:00"
    sent = {**job, "run_at": run_at, "calendar": "another", "blackout": "next"}
    response = planner.post("/jobs/new/", sent, follow=True)
    (message,) = response.context["messages"]
    assert "UTC by the calendar" in str(message)
    page = response.content.decode()
    assert "before its calendar moved it" in page
    assert run_at.replace("T", " ") in page
    refused = planner.post("/jobs/new/", {**sent, "calendar": "closed"})
    assert "no open moment" in refused.context["form"].errors["calendar"][0]
