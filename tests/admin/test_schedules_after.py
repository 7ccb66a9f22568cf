"""Schedules that come after others, in the admin and on the pages of their jobs."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Schedule
from jobs.transitions.schedules import definitions
from tests.admin.schedule_rows import schedule
from tests.admin.test_schedules_form import ADD, GIVEN, errors, text

pytestmark = pytest.mark.django_db
AFTER = {"after": "first\nthe second, of two", "after_end": "any"}


@pytest.fixture
def others(at):
    return [schedule("first", "0 2 * * *", now=at), schedule("the second, of two", "0 3 * * *", now=at)]


def test_they_are_named_a_line_each(planner, others):
    assert "payroll" in text(planner.post(ADD, {**GIVEN, **AFTER}, follow=True))
    row = Schedule.objects.get(name="payroll")
    assert (row.after_ids, row.after_end) == ([one.pk for one in others], "any")
    form = planner.get(f"/admin/jobs/schedule/{row.pk}/change/").context["adminform"].form
    assert form["after"].value() == "first\nthe second, of two"
    page = text(planner.get(f"/admin/jobs/schedule/{row.pk}/"))
    assert "first, the second, of two; it starts when all of them ended, however" in page


def test_a_name_that_is_none_is_refused_at_its_field(planner, others):
    assert errors(planner.post(ADD, {**GIVEN, "after": "nobody"})) == {
        "after": ["There is no schedule 'nobody'; write the names of schedules that there are."]
    }


def test_so_is_what_was_changed_meanwhile(planner, others, monkeypatch):
    def late(*args, **more):
        raise ValidationError({"after": ["One of these is gone."]})

    monkeypatch.setattr(definitions, "create_schedule", late)
    assert errors(planner.post(ADD, {**GIVEN, **AFTER})) == {"after": ["One of these is gone."]}


def test_its_page_and_those_of_its_job_say_what_it_waits_for(planner, others, at):
    row = schedule("last", "0 2 * * *", now=at, after_ids=[one.pk for one in others])
    of_first = f"the run of 'first' of {others[0].next_at:%Y-%m-%d %H:%M:%S} UTC"
    page = text(planner.get(f"/admin/jobs/schedule/{row.pk}/"))
    for address in (f"/admin/jobs/job/{row.next_job_id}/change/", f"/jobs/{row.next_job_id}/"):
        shown = text(planner.get(address, follow=True))
        assert of_first in shown, address
    assert f"It comes after {of_first}, which is pending." in page


def test_of_many_some_are_named(planner, at):
    many = schedule("many", "0,5,10,15,20,25,30 * * * *", now=at)
    row = schedule("last", "0 4 * * *", now=at, after_ids=[many.pk])
    assert "more." in text(planner.get(f"/admin/jobs/schedule/{row.pk}/"))
