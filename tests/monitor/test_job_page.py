"""`/jobs/7/`: its facts, its ledger, and its buttons for those who may press them."""

from __future__ import annotations

import re

import pytest
from django.db import connection

from jobs.models import Attempt, Audit
from jobs.states import State
from tests.monitor.rows import SECOND, ended, pending, running

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def press(client, job, verb, **fields):
    return client.post(f"/jobs/{job.pk}/{verb}/", fields, follow=True)


def test_a_stranger_is_sent_to_the_login(client, at):
    assert client.get(f"/jobs/{pending(at).pk}/")["Location"].startswith("/login/?next=/jobs/")


def test_an_unknown_job_is_404(viewer):
    response = viewer.get("/jobs/4711/")
    assert response.status_code == 404
    assert "There is no job 4711. Go to the <a" in response.content.decode()


def test_a_number_beyond_the_database_is_404(viewer):
    assert viewer.get(f"/jobs/{10**30}/").status_code == 404


def test_it_tells_the_story_and_shows_the_ledger(viewer, at):
    job = ended(at, State.FAILED, reason="ValueError: no rows")
    Attempt.objects.update(error="Traceback ...")
    page = text(viewer.get(f"/jobs/{job.pk}/"))
    for shown in (
        "On time: it started 0.50 ms",
        "ValueError: no rows",
        "Traceback ...",
        "w1@host",
        "Acquired by a worker",
    ):
        assert shown in page


def test_what_came_from_outside_is_escaped(viewer, at):
    job = pending(at, name="<b>x</b>", payload={"a": "</pre><script>"})
    page = text(viewer.get(f"/jobs/{job.pk}/"))
    assert "<b>x" not in page
    assert "</pre><script>" not in page


def test_a_payload_of_any_depth_is_shown_or_said_to_be_too_deep(operator, at):
    job = pending(at)
    with connection.cursor() as cursor:
        for depth in (100, 900, 950, 2000):
            cursor.execute("UPDATE jobs_job SET payload = %s::jsonb", ["[" * depth + "]" * depth])
            assert operator.get(f"/jobs/{job.pk}/").status_code == 200


def test_a_viewer_has_no_buttons_and_cannot_press_them(viewer, at):
    job = pending(at + 60 * SECOND)
    assert "Run now" not in text(viewer.get(f"/jobs/{job.pk}/"))
    response = press(viewer, job, "cancel")
    assert response.status_code == 403
    assert "jobs.control_job" in text(response)
    job.refresh_from_db()
    assert job.state == State.PENDING


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.FAILED, ["retry"]),
        (State.CANCELLED, ["undo"]),
        (State.COMPLETED, []),
        (State.INTERRUPTED, ["confirm-done", "confirm-failed", "retry"]),
    ],
)
def test_only_what_can_be_done_is_offered(operator, at, state, offered):
    job = ended(at, state)
    page = text(operator.get(f"/jobs/{job.pk}/"))
    assert [
        verb
        for verb in ("run-now", "cancel", "undo", "confirm-done", "confirm-failed", "retry")
        if f"/jobs/{job.pk}/{verb}/" in page
    ] == offered


def test_cancel_says_what_it_did_and_who_did_it_is_kept(operator, at):
    job = pending(at + 60 * SECOND)
    assert f"Job {job.pk} was cancelled." in text(press(operator, job, "cancel"))
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.CANCELLED, "Cancelled by grace.")
    row = Audit.objects.get()
    assert (row.by.username, row.job_id, row.verb) == ("grace", job.pk, "cancel")


def test_run_now_moves_it_to_now(operator, at):
    job = pending(at + 3600 * SECOND)
    press(operator, job, "run-now")
    job.refresh_from_db()
    assert abs((job.run_at - at).total_seconds()) < 10


def test_retry_makes_it_pending_again(operator, at):
    job = ended(at, State.FAILED)
    press(operator, job, "retry")
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_what_cannot_be_done_is_refused_with_the_reason(operator, at):
    job = running(at)
    assert f"job {job.pk} is running since" in text(press(operator, job, "run-now"))
    assert not Audit.objects.exists()


def test_a_button_needs_post_and_its_token(operator, client, at):
    job = pending(at + 60 * SECOND)
    for verb in ("run-now", "retry", "undo"):
        assert operator.get(f"/jobs/{job.pk}/{verb}/")["Location"] == f"/jobs/{job.pk}/"
    job.refresh_from_db()
    assert (job.state, job.run_at) == (State.PENDING, at + 60 * SECOND)
    client.handler.enforce_csrf_checks = True
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 403


def test_an_unknown_verb_is_404(operator, at):
    assert press(operator, pending(at), "explode").status_code == 404


def test_a_job_that_is_gone_leads_back_to_the_monitor(operator, at):
    job = pending(at)
    job.delete()
    job.pk = 4711
    response = press(operator, job, "cancel")
    assert response.redirect_chain[-1][0] == "/"
    assert "There is no job 4711." in text(response)


def test_it_goes_back_only_to_ourselves(operator, at):
    job = ended(at)
    assert operator.post(f"/jobs/{job.pk}/retry/", {"next": "https://evil.example/"})["Location"] == f"/jobs/{job.pk}/"
    assert operator.post(f"/jobs/{job.pk}/retry/", {"next": "/admin/"})["Location"] == "/admin/"


def test_what_the_page_costs(viewer, at, django_assert_num_queries):
    job = ended(at)
    # Session, user, two for the permissions, the job, its ledger, its audit, the teams, the last runs of its target.
    with django_assert_num_queries(9):
        viewer.get(f"/jobs/{job.pk}/")


# --- interrupted jobs, and who asked for what ---


@pytest.mark.parametrize(
    ("verb", "becomes"),
    [("confirm-done", State.COMPLETED), ("confirm-failed", State.FAILED), ("retry", State.PENDING)],
)
def test_an_interrupted_job_is_settled_with_a_reason(operator, at, verb, becomes):
    job = ended(at, State.INTERRUPTED)
    page = text(operator.get(f"/jobs/{job.pk}/"))
    assert "What became of it?" in page
    assert f'formaction="/jobs/{job.pk}/{verb}/"' in page
    assert re.search(r'<input id="reason"[^>]* required', page)
    refused = text(press(operator, job, verb))
    assert f"Job {job.pk} stays as it is. Say why" in refused
    page = text(press(operator, job, verb, reason="<i>I looked</i>"))
    job.refresh_from_db()
    assert job.state == becomes
    assert "What people asked" in page
    assert "&lt;i&gt;I looked&lt;/i&gt;" in page
    assert '<td class="name">grace</td>' in page


def test_a_viewer_is_not_asked(viewer, at):
    assert "What became of it?" not in text(viewer.get(f"/jobs/{ended(at, State.INTERRUPTED).pk}/"))


def test_a_confirmed_job_shows_no_measurement(operator, at):
    job = ended(at, State.INTERRUPTED)
    page = text(press(operator, job, "confirm-done", reason="seen"))
    assert "A person has confirmed that it was done" in page
    assert "Started, at the earliest" in page
    assert "<dt>Delay</dt><dd>—</dd>" in page


def test_it_says_what_becomes_of_it_when_its_worker_vanishes(viewer, at):
    assert "If its worker vanishes, it is held for a person." in text(viewer.get(f"/jobs/{pending(at).pk}/"))
    job = pending(at, rerunnable=True, max_attempts=3)
    assert "If its worker vanishes, it starts again: 3 starts at most." in text(viewer.get(f"/jobs/{job.pk}/"))


def test_an_edit_is_offered_for_what_has_not_started(operator, at):
    waiting, busy = pending(at + 60 * SECOND), running(at)
    assert f"/jobs/{waiting.pk}/edit/" in text(operator.get(f"/jobs/{waiting.pk}/"))
    assert "/edit/" not in text(operator.get(f"/jobs/{busy.pk}/"))
