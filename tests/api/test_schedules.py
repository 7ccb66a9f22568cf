"""Schedules by REST: created, read, changed, paused and deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from jobs import rules
from jobs.clock import clock
from jobs.creation_limits.allowances import forget
from jobs.models import Audit, Calendar, CreationLimit, Job, Schedule
from jobs.models.calendar import mask
from jobs.states import State
from tests.api.schedules import BODY, JSON, RIGHTS, URL, make, permit, withdraw


@pytest.fixture
def api(api, operator):
    permit(operator, *RIGHTS)
    return api


def one(schedule):
    return f"{URL}{schedule.pk}/"


def test_it_is_created_with_the_job_of_its_first_run(api):
    answer = api.post(URL, {**BODY, "time_zone": "Europe/Berlin", "payload": {}}, content_type=JSON)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    schedule = Schedule.objects.get()
    assert answer["Location"] == one(schedule)
    assert (shown["id"], shown["name"], shown["standing"]) == (schedule.pk, "report", "on")
    assert (shown["overlap"], shown["catch_up"], shown["calendar"], shown["key"]) == ("skip", "latest", None, "")
    assert shown["meaning"] == "at 02:30 every day"
    assert (shown["created_by"], shown["changes"]) == ("ada", [])
    job = Job.objects.get()
    assert shown["next_job_id"] == job.pk
    assert shown["next_at"] == shown["next_run_at"]
    local = datetime.fromisoformat(shown["next_at"]).astimezone(schedule.zone)
    assert (local.hour, local.minute) == (2, 30)
    seen = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (seen["schedule"], seen["nominal_at"]) == (schedule.pk, shown["next_at"])
    assert seen["created_by"] == "ada"
    assert api.get(one(schedule)).json() == shown


def test_a_form_creates_one_with_the_same_defaults(api):
    answer = api.post(URL, {**BODY, "payload": "", "most_runs": "", "starts_at": "2031-01-01T00:00Z"})
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["enabled"], shown["payload"], shown["most_runs"]) == (True, {}, None)
    assert shown["next_at"] == "2031-01-01T02:30:00Z"


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"expression": "0 0 31 2 *"}, "expression", "write a day up to 29"),
        ({"expression": "61 * * * *"}, "expression", "Minute: "),
        ({"dialect": "chron"}, "dialect", "give cron"),
        ({"dialect": "rrule", "expression": "FREQ=DAILY;COUNT=0"}, "expression", "COUNT"),
        (
            {"dialect": "rrule", "expression": "DTSTART:20310101T090000 RRULE:FREQ=DAILY;UNTIL=20301231T090000"},
            "expression",
            "write a later UNTIL",
        ),
        ({"dialect": "rrule", "expression": "FREQ=DAILY;UNTIL=20200101T000000"}, "expression", "a later UNTIL"),
        ({"time_zone": "Mars"}, "time_zone", "Europe/Berlin"),
        ({"target": "no.such"}, "target", ""),
        ({"payload": {"minutes": 1}}, "payload", ""),
        ({"payload": [1]}, "payload", "JSON object"),
        ({"overlap": "cancel-all"}, "overlap", "give allow"),
        ({"most_runs": 0}, "most_runs", "Give 1"),
        ({"most_runs": "many"}, "most_runs", "not a whole number"),
        ({"spread": 90_000}, "spread", "0 to 86400"),
        ({"starts_at": "2031-01-01T00:00"}, "starts_at", "no zone"),
        ({"starts_at": "soon"}, "starts_at", "not a date and time"),
        ({"starts_at": "2031-01-01T00:00Z", "ends_at": "2031-01-01T02:29Z"}, "ends_at", "choose a later end"),
        ({"starts_at": "2031-01-02T00:00Z", "ends_at": "2031-01-01T00:00Z"}, "ends_at", "choose a later one"),
        ({"calendar": "work"}, "calendar", "There is no calendar"),
        ({"enabled": "perhaps"}, "enabled", "neither true nor false"),
        ({"name": ""}, "name", "give one"),
        ({"expresion": "* * * * *"}, "expresion", "known are"),
        ({"made": 5}, "made", "known are"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field_and_creates_nothing(api, problem, body, field, says):
    problem(api.post(URL, {**BODY, **body}, content_type=JSON), 400, field, says)
    assert not Schedule.objects.exists()
    assert not Job.objects.exists()


def test_what_is_needed_is_said_at_once(api, problem):
    found = problem(api.post(URL, {}, content_type=JSON), 400)
    assert {error["field"] for error in found["errors"]} == {"name", "target", "dialect", "expression"}


def test_a_name_is_taken_even_if_somebody_was_faster(api, problem, monkeypatch):
    make()
    problem(api.post(URL, BODY, content_type=JSON), 400, "name", "choose another")
    # Between our look at the names and our row somebody has made his.
    monkeypatch.setattr("jobs.rules.schedule_checking._is_taken", lambda name, before: False)
    problem(api.post(URL, BODY, content_type=JSON), 400, "name", "choose another")
    other = make(name="other")
    problem(api.patch(one(other), {"name": "report"}, content_type=JSON), 400, "name", "choose another")
    assert sorted(Schedule.objects.values_list("name", flat=True)) == ["other", "report"]


def test_an_edit_moves_the_next_run_and_leaves_the_rest(api):
    schedule = make(queue="slow", spread=60)
    before = Job.objects.get()
    answer = api.patch(one(schedule), {"expression": "0 4 * * *", "reason": "too early"}, content_type=JSON)
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["expression"], shown["queue"], shown["spread"]) == ("0 4 * * *", "slow", 60)
    before.refresh_from_db()
    assert before.state == State.CANCELLED
    job = Job.objects.get(pk=shown["next_job_id"])
    assert (job.nominal_at.hour, job.nominal_at.minute, job.queue) == (4, 0, "slow")
    changed = Audit.objects.filter(subject="schedule").order_by("id").last()
    assert (changed.reason, changed.by.get_username()) == ("too early", "ada")
    assert changed.after["expression"] == "0 4 * * *"


def test_a_put_gives_the_default_to_what_is_left_out(api):
    schedule = make(queue="slow", most_runs=5, enabled=False)
    shown = api.put(one(schedule), {**BODY, "name": "renamed"}, content_type=JSON).json()
    assert (shown["name"], shown["queue"], shown["most_runs"], shown["enabled"]) == ("renamed", "default", None, True)


def test_what_is_read_can_be_put_back(api):
    Calendar.objects.create(name="always", open_days=mask(range(7)))
    given = {"calendar": "always", "blackout": "next", "retry_on": ["failure"], "rerunnable": True, "max_attempts": 3}
    schedule = make(**given, payload={}, deadline=60, key="books", ends_at=datetime(2040, 1, 1, tzinfo=UTC))
    shown = api.get(one(schedule)).json()
    body = {name: shown[name] for name in rules.SCHEDULE_ASKED}
    again = api.put(one(schedule), body, content_type=JSON)
    assert again.status_code == 200, again.content
    assert {name: again.json()[name] for name in body} == body


def test_a_wrong_edit_changes_nothing(api, problem):
    schedule = make()
    job = Job.objects.get()
    problem(api.patch(one(schedule), {"expression": "61 * * * *"}, content_type=JSON), 400, "expression", "minute")
    problem(api.put(one(schedule), {"name": "other"}, content_type=JSON), 400, "expression")
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_a_pause_says_until_when_who_and_why(api, problem):
    schedule = make()
    until = clock.current() + timedelta(days=3)
    answer = api.post(
        f"{one(schedule)}pause/", {"until": until.isoformat(), "reason": "stocktaking"}, content_type=JSON
    )
    assert answer.status_code == 200, answer.content
    shown = answer.json()["schedule"]
    assert (shown["standing"], shown["paused_by"], shown["pause_reason"]) == ("paused", "ada", "stocktaking")
    assert datetime.fromisoformat(shown["next_at"]) > until
    assert "is paused. Next: " in answer.json()["detail"]
    resumed = api.post(f"{one(schedule)}resume/", {"reason": "done"}, content_type=JSON).json()
    assert resumed["schedule"]["standing"] == "on"
    problem(api.post(f"{one(schedule)}resume/"), 409, says="is not paused")
    for_ever = api.post(f"{one(schedule)}pause/").json()["schedule"]
    assert (for_ever["paused_until"], for_ever["next_at"]) == (None, None)


def test_a_pause_until_the_past_is_refused(api, problem):
    schedule = make()
    problem(api.post(f"{one(schedule)}pause/", {"until": "2020-01-01T00:00Z"}, content_type=JSON), 400, "until", "past")
    too_long = {"reason": "x" * 1001}
    for verb in ("pause", "resume"):
        problem(api.post(f"{one(schedule)}{verb}/", too_long, content_type=JSON), 400, "reason", "shorten it to 1000")
    problem(api.patch(one(schedule), too_long, content_type=JSON), 400, "reason", "shorten it to 1000")
    problem(api.delete(f"{one(schedule)}?reason={'x' * 1001}"), 400, "reason", "shorten it to 1000")
    assert not Schedule.objects.get().is_paused(clock.current())


def test_it_is_deleted_with_a_reason_and_its_next_run_is_cancelled(api, problem):
    schedule = make()
    assert api.delete(f"{one(schedule)}?reason=replaced").status_code == 204
    assert Job.objects.get().state == State.CANCELLED
    gone = Audit.objects.filter(subject="schedule").order_by("id").last()
    assert (gone.verb, gone.reason) == ("delete", "replaced")
    for answer in (api.delete(one(schedule)), api.get(one(schedule)), api.post(f"{one(schedule)}pause/")):
        problem(answer, 404, says="There is no schedule")


@pytest.mark.parametrize(
    ("right", "method", "path", "body"),
    [
        ("view_schedule", "get", "", None),
        ("view_schedule", "get", "{pk}/", None),
        ("view_schedule", "get", "{pk}/runs/", None),
        ("view_schedule", "get", "missed/", None),
        ("view_schedule", "post", "preview/", BODY),
        ("add_schedule", "post", "", {**BODY, "name": "other"}),
        ("add_job", "post", "", {**BODY, "name": "other"}),
        ("change_schedule", "put", "{pk}/", BODY),
        ("change_schedule", "patch", "{pk}/", {"queue": "slow"}),
        ("add_job", "patch", "{pk}/", {"queue": "slow"}),
        ("delete_schedule", "delete", "{pk}/", None),
        ("control_schedule", "post", "{pk}/pause/", {}),
        ("control_schedule", "post", "{pk}/resume/", {}),
        ("control_schedule", "post", "{pk}/runs/2031-01-01T02:30Z/skip/", {}),
        ("control_schedule", "post", "{pk}/runs/2031-01-01T02:30Z/run-now/", {}),
    ],
)
def test_each_needs_its_right(api, operator, problem, right, method, path, body):  # noqa: PLR0917 - a table
    schedule = make()
    withdraw(operator, right)
    options = {} if body is None else {"data": body, "content_type": JSON}
    problem(getattr(api, method)(f"{URL}{path.format(pk=schedule.pk)}", **options), 403, says=f"jobs.{right}")
    assert list(Schedule.objects.values_list("name", "queue")) == [("report", "default")]


def test_to_stop_other_runs_needs_the_right_to(api, operator, problem):
    withdraw(operator, "control_job")
    problem(api.post(URL, {**BODY, "overlap": "cancel"}, content_type=JSON), 400, "overlap", "jobs.control_job")


def test_who_may_create_no_more_jobs_creates_no_schedule(api, operator, problem):
    group = Group.objects.create(name="callers")
    operator.groups.add(group)
    CreationLimit.objects.create(group=group, rate=0.01, burst=1)
    forget()
    assert api.post(URL, BODY, content_type=JSON).status_code == 201
    problem(api.post(URL, {**BODY, "name": "other"}, content_type=JSON), 429)
    assert Schedule.objects.count() == 1
