"""Schedules by REST are looked at before they are saved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.api.schedules import definitions as views
from jobs.models import Schedule
from tests.api.schedules import BODY, JSON, RIGHTS, URL, make, permit


@pytest.fixture
def api(api, operator):
    permit(operator, *RIGHTS)
    return api


def test_the_preview_is_what_comes_and_saves_nothing(api, monkeypatch):
    monkeypatch.setattr(views.clock, "current", lambda: datetime(2030, 3, 29, 12, tzinfo=UTC))
    asked = {**BODY, "time_zone": "Europe/Berlin", "viewer_zone": "Asia/Tokyo", "spread": 60}
    answer = api.post(f"{URL}preview/", asked, content_type=JSON)
    assert answer.status_code == 200, answer.content
    seen = answer.json()
    assert (seen["meaning"], seen["zone"], seen["viewer_zone"]) == (
        "At 02:30 every day (Europe/Berlin).",
        "Europe/Berlin",
        "Asia/Tokyo",
    )
    assert len(seen["starts"]) == 10
    gap = seen["starts"][1]
    assert (gap["nominal_at"], gap["latest_at"]) == ("2030-03-31T01:00:00Z", "2030-03-31T01:01:00Z")
    assert (gap["in_zone"], gap["in_viewer_zone"]) == ("2030-03-31T03:00:00+02:00", "2030-03-31T10:00:00+09:00")
    assert gap["words"] == "Sunday, 31 March 2030, 03:00 CEST"
    assert "Clocks skip its time" in gap["clock_change"]
    assert not Schedule.objects.exists()


def test_the_preview_judges_what_is_given_and_wants_the_expression(api, problem):
    minimal = {"dialect": "cron", "expression": "*/5 * * * *"}
    assert api.post(f"{URL}preview/", minimal, content_type=JSON).status_code == 200
    assert api.post(f"{URL}preview/", minimal).status_code == 200, "a form, too"
    problem(api.post(f"{URL}preview/", {"dialect": "cron"}, content_type=JSON), 400, "expression")
    for wrong, field in (
        ({"target": "no.such"}, "target"),
        ({"viewer_zone": "Mars"}, "viewer_zone"),
        ({"schedule": "x"}, "schedule"),
    ):
        problem(api.post(f"{URL}preview/", {**minimal, **wrong}, content_type=JSON), 400, field)
    problem(api.post(f"{URL}preview/", {**minimal, "schedule": 1}, content_type=JSON), 404)


def test_the_preview_of_an_edit_knows_its_own_name_and_spread(api):
    schedule = make(spread=60)
    asked = {**BODY, "spread": 60, "schedule": schedule.pk}
    first = api.post(f"{URL}preview/", asked, content_type=JSON).json()["starts"][0]
    assert first["run_at"] == first["latest_at"] == api.get(f"{URL}{schedule.pk}/").json()["next_run_at"]
