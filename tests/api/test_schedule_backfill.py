"""A past range is counted, started, followed and cancelled by REST."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.api.schedules import definitions as views
from jobs.models import Occurrence, Operation
from jobs.scheduler.operations import operations
from tests.api.schedules import JSON, RIGHTS, URL, make, permit, stamp, withdraw

NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)
BEGIN, END = datetime(2030, 1, 1, 6, tzinfo=UTC), datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def api(api, operator, monkeypatch):
    permit(operator, *RIGHTS)
    monkeypatch.setattr(views.clock, "current", lambda: NOW)
    return api


@pytest.fixture
def hourly(db):
    return make(NOW, expression="0 * * * *")


def backfill(api, schedule, **asked):
    body = {"begin": stamp(BEGIN), "until": stamp(END), **asked}
    return api.post(f"{URL}{schedule.pk}/backfill/", body, content_type=JSON)


def test_it_is_counted_before_anything_begins(api, hourly):
    answer = backfill(api, hourly)
    assert (answer.status_code, answer.json()) == (200, {"jobs": 6, "operation": None})
    assert not Operation.objects.exists()


def test_it_begins_is_followed_and_ends(api, hourly, operator):
    answer = backfill(api, hourly, apply=True, per_minute=6000, reason="needed")
    assert answer.status_code == 202
    pk = answer.json()["operation"]["id"]
    for _ in range(2):
        operations(now=NOW)
        operations(now=NOW.replace(second=10))
    shown = api.get(f"/api/v1/operations/{pk}/").json()
    assert (shown["done"], shown["total"], shown["outcome"], shown["created_by"]) == (6, 6, "done", operator.username)
    assert [one["id"] for one in api.get("/api/v1/operations/").json()["results"]] == [pk]
    assert Occurrence.objects.filter(number=2).count() == 6


def test_it_is_cancelled_once(api, hourly):
    pk = backfill(api, hourly, apply=True).json()["operation"]["id"]
    cancel = f"/api/v1/operations/{pk}/cancel/"
    assert api.post(cancel, {"reason": "enough"}, content_type=JSON).json()["outcome"] == "cancelled"
    again = api.post(cancel, {}, content_type=JSON)
    assert (again.status_code, again.json()["detail"]) == (409, f"Operation {pk} has ended already: cancelled.")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"until": stamp(BEGIN)}, "until"),
        ({"until": stamp(datetime(2030, 1, 2, tzinfo=UTC))}, "until"),
        ({"per_minute": 0}, "per_minute"),
        ({"per_minute": "many"}, "per_minute"),
        ({"begin": "yesterday"}, "begin"),
        ({"begin": "0001-01-01T00:00:00Z"}, "begin"),
    ],
)
@pytest.mark.parametrize("apply", [False, True])
def test_what_is_wrong_is_refused_at_its_field(api, hourly, asked, field, apply):
    answer = backfill(api, hourly, apply=apply, **asked)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])
    assert not Operation.objects.exists()


@pytest.mark.parametrize("right", ["control_schedule", "add_job"])
def test_it_needs_the_rights_to_control_schedules_and_to_make_jobs(api, hourly, operator, right):
    withdraw(operator, right)
    assert backfill(api, hourly, apply=True).status_code == 403


@pytest.mark.parametrize("path", ["operations/7/", "operations/7/cancel/", "schedules/7/backfill/"])
def test_what_is_not_there_is_not_found(api, path):
    body = {"begin": stamp(BEGIN), "until": stamp(END)} if "backfill" in path else {}
    answer = api.get(f"/api/v1/{path}") if path.endswith("7/") else api.post(f"/api/v1/{path}", body, content_type=JSON)
    assert answer.status_code == 404
