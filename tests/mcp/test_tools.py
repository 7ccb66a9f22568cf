"""The tools that look: what they show is what REST shows the owner of the token, and no more."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client

from jobs.clock import clock
from jobs.mcp import tools
from jobs.models import Job
from jobs.states import State
from tests.admin.schedule_rows import schedule
from tests.bearing import secret_of
from tests.mcp.conftest import ToolError, send
from tests.monitor.rows import SECOND, ended, pending, worker

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_without_a_token_nobody_is_answered():
    answer = send("", "tools/list")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert send("no-token-of-ours", "tools/list").status_code == 401


def test_a_login_of_a_browser_is_no_token(operator):
    client = Client()
    client.force_login(operator)
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert client.post("/mcp/", message, content_type="application/json").status_code == 401


def test_each_tool_says_what_it_takes_and_whether_it_only_reads(make_user):
    listed = send(secret_of(make_user("vera", "viewer")), "tools/list").json()["result"]["tools"]
    assert {one["name"] for one in listed} == tools.TOOLS.keys()
    for one in listed:
        assert one["description"]
        assert one["inputSchema"]["additionalProperties"] is False
        assert one["annotations"]["readOnlyHint"] is (not one["name"].startswith("propose"))


@pytest.mark.parametrize("name", tools.TOOLS)
def test_what_no_row_can_hold_is_refused_or_found_nowhere(call, operator, name):
    takes = tools.TOOLS[name].takes.model_json_schema()["properties"]
    sent = {field: "a\0b" for field, one in takes.items() if "string" in str(one) and "enum" not in str(one)}
    needed = {"job_id": 1, "schedule_id": 1, "proposal_id": 1, "action": "cancel"}
    sent |= {field: value for field, value in needed.items() if field in takes}
    if "job" in takes:
        sent["job"] = {"target": "demo.noop", "payload": {}, "run_at": "now", "name": "a\0b"}
    with suppress(ToolError):
        call(operator, name, **sent)


def test_only_post_is_taken(viewer):
    client = Client(headers={"Authorization": f"Bearer {secret_of(viewer)}"})
    assert client.get("/mcp/").status_code == 405
    assert client.delete("/mcp/").status_code == 405


def test_jobs_are_found_by_the_filter_of_the_list(call, viewer):
    now = clock.now()
    late = ended(now, delay=timedelta(seconds=7), name="the invoices")
    ended(now, name="the books")
    found = call(viewer, "find_jobs", filter="late:>1s invoices")
    assert [one["id"] for one in found["jobs"]] == [late.pk]
    assert found["jobs"][0]["late_why"]
    assert found["more"] is False
    assert len(call(viewer, "find_jobs", limit=1)["jobs"]) == 1
    assert call(viewer, "find_jobs", limit=1)["more"] is True


def test_a_filter_that_cannot_be_read_is_refused_in_the_words_of_rest(call, viewer):
    with pytest.raises(ToolError, match="colour"):
        call(viewer, "find_jobs", filter="colour:red")


def test_a_job_says_why_it_was_late(call, viewer):
    job = ended(clock.now(), delay=timedelta(seconds=7), name="the invoices")
    shown = call(viewer, "show_job", job_id=job.pk)
    assert "7" in shown["why"]
    assert "late" in shown["why"]
    assert shown["attempts"][0]["outcome_name"] == "completed"


def test_a_secret_of_a_payload_is_hidden_as_in_rest(call, viewer):
    job = ended(
        clock.now(), target="http", payload={"url": "https://a.example/", "headers": {"Authorization": "Bearer s3cret"}}
    )
    assert "s3cret" not in str(call(viewer, "show_job", job_id=job.pk))


def test_what_will_run_is_in_the_order_of_time(call, viewer):
    now = clock.now()
    later, sooner = pending(now + 30 * timedelta(minutes=1)), pending(now + 10 * timedelta(minutes=1))
    pending(now + 3 * HOUR)
    found = call(viewer, "what_will_run", minutes=60)
    assert [one["id"] for one in found["soonest"]] == [sooner.pk, later.pk]
    assert found["jobs"] == 2
    assert call(viewer, "what_will_run", minutes=60, limit=1)["jobs"] == 2
    assert call(viewer, "what_will_run", minutes=60, queue="none")["soonest"] == []


def test_what_failed_is_in_groups(call, viewer):
    for _ in range(3):
        job = ended(clock.now() - SECOND, State.FAILED, name="invoices")
        job.attempts.update(failure="ValueError in books:close")
    (group,) = call(viewer, "what_failed")["groups"]
    assert (group["failure"], group["starts"]) == ("ValueError in books:close", 3)


def test_the_overview_names_workers_and_counts(call, viewer):
    worker(clock.now(), "w1@host")
    found = call(viewer, "overview")
    assert [one["name"] for one in found["workers"]] == ["w1@host"]
    assert "pending" in found["figures"]["jobs"]
    assert found["limits"] == []


def test_the_forecast_is_of_queues(call, viewer):
    pending(clock.now() + HOUR)
    found = call(viewer, "forecast")
    assert [one["queue"] for one in found["queues"]] == ["default"]


def test_a_schedule_says_when_it_starts_next(call, viewer):
    row = schedule("nightly", now=clock.now(), time_zone="UTC")
    assert [one["id"] for one in call(viewer, "find_schedules", name="night")["schedules"]] == [row.pk]
    shown = call(viewer, "show_schedule", schedule_id=row.pk)
    assert len(shown["next_starts"]) > 3


def test_another_teams_job_is_not_there(call, make_user, make_team):
    vera = make_user("vera", "viewer")
    make_team("ours", vera)
    make_team("theirs")
    job = pending(clock.now() + HOUR, name="their secret plan", labels={"team": "theirs"})
    with pytest.raises(ToolError, match=f"There is no job {job.pk}"):
        call(vera, "show_job", job_id=job.pk)
    with pytest.raises(ToolError, match=f"There is no job {job.pk}"):
        call(vera, "propose_change_of_job", action="cancel", job_id=job.pk, reason="why not")
    for found in (call(vera, "find_jobs"), call(vera, "what_will_run", minutes=120)):
        assert "their secret plan" not in str(found)


def test_a_token_for_some_queues_shows_no_others(call, operator):
    job = pending(clock.now() + HOUR, queue="mail")
    other = pending(clock.now() + HOUR)
    of_mail = {"queues": ["mail"]}
    assert [one["id"] for one in call(operator, "find_jobs", of_mail)["jobs"]] == [job.pk]
    with pytest.raises(ToolError, match="There is no job"):
        call(operator, "show_job", of_mail, job_id=other.pk)


def test_a_token_without_the_scope_is_refused_with_the_sentence_of_rest(call, operator):
    with pytest.raises(ToolError, match=r"needs the scope 'jobs\.view_job'"):
        call(operator, "what_failed", {"scopes": ["jobs.add_job"]})


def test_a_wrong_argument_is_named(call, viewer):
    with pytest.raises(ToolError, match="limit"):
        call(viewer, "find_jobs", limit=5000)
    with pytest.raises(ToolError, match="colour"):
        call(viewer, "find_jobs", colour="red")
    with pytest.raises(ToolError, match="There is no tool 'destroy'"):
        call(viewer, "destroy")


def test_an_answer_stays_small_however_much_there_is(call, viewer):
    now = clock.now()
    for _ in range(60):
        ended(now, State.FAILED, name="x" * 200, reason="y" * 5000)
    assert Job.objects.count() == 60
    assert len(str(call(viewer, "find_jobs", filter="state:failed", limit=50))) < 150_000
