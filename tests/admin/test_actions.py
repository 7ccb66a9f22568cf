"""The actions: one transition a job, and a report that is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.admin import actions
from jobs.models import Audit
from jobs.states import State
from tests.monitor.rows import SECOND, ended, pending, running

pytestmark = pytest.mark.django_db


def state(job) -> State:
    job.refresh_from_db()
    return State(job.state)


def test_cancel_reports_what_was_done_and_what_was_not(act, at):
    jobs = [pending(at + 60 * SECOND) for _ in range(3)]
    busy = running(at)
    over = ended(at, State.FAILED)
    (message,) = act("cancel", *jobs, busy, over)
    assert message.startswith("3 cancelled, 1 asked to stop; 1 not: ")
    assert f"job {over.pk} is failed" in message
    assert [state(job) for job in (*jobs, busy)] == [State.CANCELLED] * 3 + [State.RUNNING]
    assert busy.cancel_requested_at is not None


def test_one_job_is_reported_by_its_number(act, at):
    job = pending(at + 60 * SECOND)
    assert act("cancel", job) == [f"Job {job.pk} was cancelled."]


def test_run_now(act, at):
    job = pending(at + 3600 * SECOND)
    act("run_now", job)
    assert state(job) == State.PENDING
    assert abs((job.run_at - at).total_seconds()) < 10


def test_retry(act, at):
    jobs = [ended(at, s) for s in (State.FAILED, State.CANCELLED, State.SKIPPED)]
    assert act("retry", *jobs) == ["3 told to start again."]
    assert {state(job) for job in jobs} == {State.PENDING}


@pytest.mark.parametrize(
    ("action", "label", "becomes"),
    [
        ("retry", "Retry", State.PENDING),
        ("confirm_done", "Confirm done", State.COMPLETED),
        ("confirm_failed", "Confirm failed", State.FAILED),
    ],
)
def test_interrupted_jobs_are_settled_with_one_reason(  # noqa: PLR0917 - pytest passes them by name
    admin, act, at, action, label, becomes
):
    jobs = [ended(at, State.INTERRUPTED, name="mine") for _ in range(2)]
    chosen = {"action": action, "_selected_action": [job.pk for job in jobs]}
    page = admin.post("/admin/jobs/job/", chosen).content.decode()
    assert all(f'name="_selected_action" value="{job.pk}"' in page for job in jobs)
    assert f'<button class="primary">{label}</button>' in page
    page = admin.post("/admin/jobs/job/", {**chosen, "reason": " "})
    assert "Say why" in page.context["form"].errors["reason"][0]
    assert {state(job) for job in jobs} == {State.INTERRUPTED}
    (message,) = act(action, *jobs, reason="I looked")
    assert message.startswith("2 ")
    assert {state(job) for job in jobs} == {becomes}
    assert {(row.by.username, row.reason) for row in Audit.objects.all()} == {("grace", "I looked")}


def test_what_is_not_interrupted_is_not_confirmed(act, at):
    job = ended(at, State.FAILED)
    assert f"job {job.pk} is failed" in act("confirm_done", job, reason="I looked")[0]
    assert not Audit.objects.exists()


def test_retry_of_what_is_done_is_refused(act, at):
    job = ended(at)
    assert f"job {job.pk} is completed" in act("retry", job)[0]
    assert state(job) == State.COMPLETED


def test_reschedule_asks_for_the_time_first(admin, act, at):
    jobs = [pending(at + 60 * SECOND, name="mine"), pending(at + 61 * SECOND)]
    response = admin.post("/admin/jobs/job/", {"action": "reschedule", "_selected_action": [j.pk for j in jobs]})
    page = response.content.decode()
    assert response.status_code == 200
    assert "mine" in page
    assert all(f'name="_selected_action" value="{job.pk}"' in page for job in jobs)
    assert act("reschedule", *jobs, run_at="2031-01-01T12:00:00", time_zone="Europe/Berlin") == ["2 rescheduled."]
    assert state(jobs[0]) == State.PENDING
    assert jobs[0].run_at == datetime(2031, 1, 1, 11, tzinfo=UTC)


def test_a_wrong_time_is_said_beside_the_field_and_moves_nothing(admin, at):
    job = pending(at + 60 * SECOND)
    data = {"action": "reschedule", "_selected_action": [job.pk], "run_at": "2020-01-01T00:00:00", "time_zone": "UTC"}
    response = admin.post("/admin/jobs/job/", data)
    assert "in the past" in response.context["form"].errors["run_at"][0]
    before = job.run_at
    job.refresh_from_db()
    assert job.run_at == before


def test_reschedule_from_the_page_of_one_job(admin, at):
    job = pending(at + timedelta(hours=1))
    page = admin.get(f"/admin/jobs/job/{job.pk}/reschedule/").content.decode()
    assert f'value="{job.run_at:%Y-%m-%dT%H:%M:%S}"' in page


def test_what_has_started_cannot_be_rescheduled(admin, at):
    job = running(at)
    response = admin.get(f"/admin/jobs/job/{job.pk}/reschedule/", follow=True)
    assert "only a job that has not started" in str(next(iter(response.context["messages"])))


def test_who_did_it_is_kept_for_what_was_done_only(act, at):
    job = pending(at + 60 * SECOND)
    act("cancel", job, ended(at, State.FAILED))
    row = Audit.objects.get()
    assert (row.job_id, row.verb, row.by.username) == (job.pk, "cancel", "grace")


def test_the_history_of_a_job_is_its_audit_and_of_no_other(admin, act, at):
    job, other = pending(at + 60 * SECOND), pending(at + 60 * SECOND)
    act("run_now", job)
    act("cancel", other)
    Audit.objects.note("queue", str(job.pk), by=None, now=at, verb="resume", before=None, after={})
    history = admin.get(f"/admin/jobs/job/{job.pk}/history/", follow=True)
    assert [(row.audit.job_id, row.audit.verb) for row in history.context["rows"]] == [(job.pk, "run_now")]
    assert (
        f'href="/admin/jobs/job/{job.pk}/history/"' in admin.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    )


def test_the_history_of_no_job_says_so(admin):
    answer = admin.get("/admin/jobs/job/7/history/", follow=True)
    (message,) = answer.context["messages"]
    assert "Perhaps it was deleted?" in str(message)


def test_the_history_needs_the_right_to_read_the_audit(onlooker, at):
    assert onlooker.get(f"/admin/jobs/job/{pending(at).pk}/history/", follow=True).status_code == 403


def test_too_many_at_once_are_refused_whole(act, at, monkeypatch):
    monkeypatch.setattr(actions, "AT_A_TIME", 2)
    jobs = [pending(at + 60 * SECOND) for _ in range(3)]
    assert act("cancel", *jobs) == ["These are more than 2 jobs; narrow the list down with a filter first."]
    assert {state(job) for job in jobs} == {State.PENDING}


@pytest.mark.parametrize(
    "action", ["cancel", "run_now", "retry", "reschedule", "confirm_done", "confirm_failed", "delete_selected"]
)
def test_each_needs_its_permission(onlooker, act, at, action):
    job = pending(at + 60 * SECOND)
    before = job.run_at
    act(action, job, client=onlooker, post="yes")
    assert (state(job), job.run_at) == (State.PENDING, before)
    assert f'value="{action}"' not in onlooker.get("/admin/jobs/job/").content.decode()


def test_the_page_between_needs_its_permission(onlooker, at):
    assert onlooker.get(f"/admin/jobs/job/{pending(at).pk}/reschedule/").status_code == 403


def test_the_page_between_says_what_a_verb_means_and_names_ten(admin, at):
    jobs = [ended(at, State.INTERRUPTED, name=f"n{n:02} " + "x" * 100) for n in range(12)]
    chosen = {"action": "confirm_failed", "_selected_action": [job.pk for job in jobs]}
    page = admin.post("/admin/jobs/job/", chosen).content.decode()
    assert "<h2>Confirm failed: 12 jobs</h2>" in page
    assert "for each: it has not done its work, and nothing is started." in page
    assert "n09 " in page
    assert "n10 " not in page
    assert "and 2 more" in page
    assert page.count('name="_selected_action"') == 12
    assert "x" * 60 not in page
