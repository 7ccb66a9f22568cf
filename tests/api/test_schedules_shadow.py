"""Schedules in shadow by REST."""

from __future__ import annotations

import pytest

from jobs.models import Job, Schedule
from tests.api.schedules import BODY, JSON, RIGHTS, URL, permit


@pytest.fixture
def api(api, operator):
    permit(operator, *RIGHTS)
    return api


def one(schedule):
    return f"{URL}{schedule.pk}/"


def test_in_shadow_it_starts_nothing_until_it_is_switched_on(api):
    shown = api.post(URL, {**BODY, "shadow": True}, content_type=JSON).json()
    schedule = Schedule.objects.get()
    assert (shown["standing"], shown["enabled"], shown["shadow"], shown["next_job_id"]) == ("shadow", False, True, None)
    assert [row["id"] for row in api.get(f"{URL}?standing=shadow").json()["results"]] == [schedule.pk]
    answer = api.post(f"{one(schedule)}runs/{shown['next_at']}/run-now/", {"reason": ""}, content_type=JSON)
    assert (answer.status_code, "is in shadow" in answer.json()["detail"]) == (409, True)
    span = {"begin": "2026-01-01T00:00Z", "until": "2026-01-02T00:00Z"}
    answer = api.post(f"{one(schedule)}backfill/", span, content_type=JSON)
    assert (answer.status_code, "in shadow" in answer.content.decode()) == (400, True)
    assert not Job.objects.exists()
    for asked, standing in ((True, "on"), (False, "off")):
        api.patch(one(schedule), {"shadow": True}, content_type=JSON)
        assert api.get(one(schedule)).json()["standing"] == "shadow"
        changed = api.patch(one(schedule), {"enabled": asked}, content_type=JSON).json()
        assert (changed["standing"], changed["shadow"]) == (standing, False)
