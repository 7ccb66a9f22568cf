"""Runs of schedules by REST: what became of each, what was missed, and what is wanted of single ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.api.schedules import definitions as views
from jobs.models import Job, Occurrence, OccurrenceChange, Schedule
from jobs.states import Cause, State
from jobs.transitions.schedules import definitions
from tests.api.schedules import JSON, RIGHTS, URL, make, permit
from tests.transitions.schedules import life

NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)
MISSED = f"{URL}missed/"


@pytest.fixture
def api(api, operator, monkeypatch):
    permit(operator, *RIGHTS)
    clock_at(monkeypatch, NOW)
    return api


def clock_at(monkeypatch, now):
    monkeypatch.setattr(views.clock, "current", lambda: now)


def at(*numbers):
    return datetime(2030, 1, *numbers, tzinfo=UTC)


def runs(api, schedule, query=""):
    answer = api.get(f"{URL}{schedule.pk}/runs/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def missed(schedule, nominal, cause=Cause.DOWNTIME, **fields):
    return Occurrence.objects.create(
        schedule=schedule, nominal_at=nominal, cause=cause, noted_at=NOW, why="Because.", **fields
    )


@pytest.fixture
def hourly(db):
    """Its next run is at 13:00; that of 12:00 before has run, and two before that have not started."""
    schedule = make(NOW, expression="0 * * * *")
    job = Job.objects.create(
        target="demo.noop",
        payload={},
        run_at=at(1, 12),
        schedule=schedule,
        nominal_at=at(1, 12),
        state=State.COMPLETED,
        attempt=1,
        locked_at=at(1, 12),
        execute_at=at(1, 12) + timedelta(milliseconds=5),
        finished_at=at(1, 12) + timedelta(seconds=1),
    )
    Occurrence.objects.create(schedule=schedule, nominal_at=at(1, 12), job_id=job.pk, noted_at=NOW)
    missed(schedule, at(1, 10), until=at(1, 11), count=2)
    missed(schedule, at(1, 9), Cause.CALENDAR)
    return schedule


def test_each_nominal_time_has_its_job_or_its_cause(api, hourly):
    found = runs(api, hourly)
    assert [run["nominal_at"][11:16] for run in found] == ["13:00", "12:00", "10:00", "09:00"]
    coming, ran, down, closed = found
    assert (coming["job"]["state_name"], coming["job_id"], coming["cause"]) == ("pending", hourly.next_job_id, None)
    assert (ran["job"]["state_name"], ran["job"]["delay_ms"]) == ("completed", 5.0)
    assert (down["count"], down["until"], down["cause"], down["job"]) == (2, "2030-01-01T11:00:00Z", "downtime", None)
    assert (closed["cause_name"], closed["why"]) == ("the calendar was closed", "Because.")


def test_a_job_that_was_deleted_leaves_its_id(api, hourly):
    Job.objects.filter(state=State.COMPLETED).delete()
    run = runs(api, hourly)[1]
    assert run["job_id"] is not None
    assert run["job"] is None


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("missed=true", ["10:00", "09:00"]),
        ("missed=false", ["13:00", "12:00"]),
        ("cause=calendar", ["09:00"]),
        ("since=2030-01-01T12:00Z", ["13:00", "12:00"]),
        ("until=2030-01-01T12:00Z", ["10:00", "09:00"]),
        ("since=2030-01-01T10:00Z&until=2030-01-01T12:30Z", ["12:00", "10:00"]),
    ],
)
def test_runs_are_filtered(api, hourly, query, wanted):
    assert [run["nominal_at"][11:16] for run in runs(api, hourly, query)] == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [("cause=bad luck", "cause"), ("since=soon", "since"), ("missed=perhaps", "missed"), ("a=b", "a")],
)
def test_a_wrong_filter_is_refused(api, problem, hourly, query, field):
    problem(api.get(f"{URL}{hourly.pk}/runs/?{query}"), 400, field)


def test_pages_of_runs_follow_each_other_and_cost_the_same(api, problem):
    schedule = make(NOW, expression="0 * * * *")
    Occurrence.objects.bulk_create(
        Occurrence(schedule=schedule, nominal_at=at(1, 12) - timedelta(hours=n), cause=Cause.LATE, noted_at=NOW)
        for n in range(120)
    )
    path, seen, counts = f"{URL}{schedule.pk}/runs/?page_size=50", [], []
    while path:
        with CaptureQueriesContext(connection) as queries:
            page = api.get(path).json()
        counts.append(len([query for query in queries if "jobs_job" not in query["sql"]]))
        seen += [run["nominal_at"] for run in page["results"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == 121, "the one that comes, too"
    assert seen == sorted(seen, reverse=True)
    assert len(set(counts[1:])) == 1
    for cursor in ("x", "cD01", "cD0yMDMwLTAxLTAx"):
        problem(api.get(f"{URL}{schedule.pk}/runs/?cursor={cursor}"), 400, "cursor", "no cursor of ours")
    problem(api.get(f"{URL}{schedule.pk + 1}/runs/"), 404)


def test_what_should_have_run_and_has_not_is_one_list_with_its_counts(api, hourly):
    other = make(NOW, name="other")
    missed(other, at(1, 11, 30), Cause.PAUSED)
    missed(other, at(1, 2, 30) - timedelta(days=1), Cause.PAUSED)  # more than a day ago
    missed(other, at(2, 2, 31), Cause.PERSON)  # to come
    answer = api.get(MISSED)
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert [(one["schedule_name"], one["nominal_at"][11:16], one["count"]) for one in shown["results"]] == [
        ("other", "11:30", 1),
        ("report", "10:00", 2),
        ("report", "09:00", 1),
    ]
    assert shown["by_cause"] == {"paused": 1, "downtime": 2, "calendar": 1}
    assert shown["results"][0]["schedule"] == other.pk
    older = api.get(f"{MISSED}?since=2029-12-30T00:00Z&cause=paused").json()
    assert older["by_cause"] == {"paused": 2}
    assert api.get(f"{MISSED}?schedule={hourly.pk}").json()["by_cause"] == {"downtime": 2, "calendar": 1}
    assert len(api.get(f"{MISSED}?until=2030-01-01T10:00Z").json()["results"]) == 1


def test_what_began_before_and_goes_on_is_in_the_list(api, hourly):
    shown = api.get(f"{MISSED}?since=2030-01-01T11:00Z").json()
    assert [one["count"] for one in shown["results"]] == [2]


def test_what_was_missed_costs_the_same_however_much_it_is(api, hourly):
    def statements():
        with CaptureQueriesContext(connection) as seen:
            assert api.get(MISSED).status_code == 200
        return len(seen)

    few = statements()
    for number in range(20):
        missed(make(NOW, name=f"other {number}"), at(1, 8, number), Cause.LATE)
    assert statements() == few


def change(api, schedule, nominal, verb, **body):
    return api.post(f"{URL}{schedule.pk}/runs/{nominal}/{verb}/", body, content_type=JSON)


def test_the_next_run_is_skipped_and_its_successor_comes(api, hourly):
    answer = change(api, hourly, "2030-01-01T13:00Z", "skip", reason="stocktaking")
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["run"]["cause"], shown["run"]["by"], shown["run"]["job"]["state_name"]) == (
        "person",
        "ada",
        "cancelled",
    )
    assert shown["schedule"]["next_at"] == "2030-01-01T14:00:00Z"
    assert shown["change"] is None
    assert "is skipped" in shown["detail"]
    back = change(api, hourly, "2030-01-01T13:00Z", "undo")
    assert back.json()["run"]["job"]["state_name"] == "pending", back.content


def test_a_later_run_is_noted_until_it_has_its_job_and_undone(api, hourly):
    moved = change(api, hourly, "2030-01-01T15:00:00Z", "move", run_at="2030-01-01T15:20Z", reason="busy")
    assert moved.status_code == 200, moved.content
    assert moved.json()["run"] is None
    assert (moved.json()["change"]["run_at"], moved.json()["change"]["by"]) == ("2030-01-01T15:20:00Z", "ada")
    [wish] = api.get(f"{URL}{hourly.pk}/").json()["changes"]
    assert (wish["nominal_at"], wish["reason"], wish["skipped"]) == ("2030-01-01T15:00:00Z", "busy", False)
    undone = change(api, hourly, "2030-01-01T16:00:00+01:00", "undo")
    assert undone.json()["change"] is None, undone.content
    assert not OccurrenceChange.objects.exists()


def test_a_run_has_its_own_arguments(api):
    schedule = make(NOW, expression="0 * * * *", target="demo.sleep", payload={"seconds": 1})
    answer = change(api, schedule, "2030-01-01T13:00Z", "arguments", payload={"seconds": 2})
    assert answer.status_code == 200, answer.content
    assert life.next_job(schedule).payload == {"seconds": 2}
    later = change(api, schedule, "2030-01-01T14:00Z", "arguments", payload={"seconds": 3}).json()
    assert later["change"]["payload"] == {"seconds": 3}


def test_the_next_run_is_started_now(api, hourly):
    answer = change(api, hourly, "2030-01-01T13:00Z", "run-now", reason="they wait")
    assert answer.status_code == 200, answer.content
    assert answer.json()["run"]["job"]["run_at"] == "2030-01-01T12:00:03Z"


@pytest.mark.parametrize(
    ("nominal", "verb", "body", "status", "field", "says"),
    [
        ("2030-01-01T13:30Z", "skip", {}, 409, None, "none of its times"),
        ("2030-01-01T08:00Z", "skip", {}, 409, None, "is over"),
        ("2030-01-01T15:00Z", "run-now", {}, 409, None, "no job yet"),
        ("soon", "skip", {}, 400, "nominal_at", "write it like"),
        ("9999-12-31T23:59:59-14:00", "skip", {}, 409, None, "none of its times"),
        ("2030-01-01T13:00", "skip", {}, 400, "nominal_at", "no zone"),
        ("2030-01-01T13:00Z", "move", {}, 400, "run_at", "required"),
        ("2030-01-01T13:00Z", "move", {"run_at": "2029-01-01T13:00Z"}, 400, "run_at", "past"),
        ("2030-01-01T13:00Z", "arguments", {"payload": {"minutes": 1}}, 400, "payload", "minutes"),
        ("2030-01-01T13:00Z", "arguments", {"payload": [1]}, 400, "payload", "JSON object"),
        ("2030-01-01T13:00Z", "skip", {"reason": "x" * 1001}, 400, "reason", "shorten it to 1000"),
        ("2030-01-01T13:00Z", "skip", {"why": "x"}, 400, "why", "known are"),
    ],
)
def test_what_cannot_be_done_is_refused(api, problem, hourly, nominal, verb, body, status, field, says):  # noqa: PLR0917 - a table
    problem(change(api, hourly, nominal, verb, **body), status, field, says)
    assert Job.objects.filter(state=State.PENDING).count() == 1
    assert not OccurrenceChange.objects.exists()


def test_of_a_schedule_that_is_not_there_nothing_is_changed(api, problem, hourly):
    definitions.delete_schedule(hourly.pk, by=None, now=NOW)
    assert not Schedule.objects.exists()
    problem(change(api, hourly, "2030-01-01T13:00Z", "skip"), 404)


def test_the_latest_nominal_times_are_read_on_an_index(api, hourly):
    Occurrence.objects.bulk_create(
        Occurrence(schedule=hourly, nominal_at=NOW - timedelta(days=30, seconds=n), cause=Cause.LATE, noted_at=NOW)
        for n in range(5000)
    )
    with CaptureQueriesContext(connection) as seen:
        runs(api, hourly)
    [asked] = [query["sql"] for query in seen if 'FROM "jobs_occurrence"' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_occurrence")
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "jobs_occurrence_once" in plan, plan
