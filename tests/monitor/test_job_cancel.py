"""A cancellation asks once, and can be undone until its time."""

from __future__ import annotations

import pytest

from jobs import transitions
from jobs.models import Audit, Job
from jobs.states import State
from tests.monitor.rows import SECOND, ended, pending, running

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def test_it_asks_first_and_says_what_it_does(operator, at):
    job, busy, late = pending(at + 3600 * SECOND), running(at), pending(at - SECOND)
    assert f'<a class="button danger" href="/jobs/{job.pk}/cancel/">' in text(operator.get(f"/jobs/{job.pk}/"))
    for one, says in ((job, "this can be undone"), (busy, "goes on until it heeds that"), (late, "It does not start.")):
        page = text(operator.get(f"/jobs/{one.pk}/cancel/"))
        assert says in page
        assert ("can be undone" in page) == (one is job)
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_it_can_be_undone_until_its_time(operator, at):
    job = pending(at + 3600 * SECOND)
    page = text(operator.post(f"/jobs/{job.pk}/cancel/", {"reason": "not today"}, follow=True))
    assert "not today" in page
    assert "Undo the cancellation" in page
    assert ">Retry<" not in page
    page = text(operator.post(f"/jobs/{job.pk}/undo/", follow=True))
    assert f"Job {job.pk} was not cancelled after all." in page
    due = job.run_at
    job.refresh_from_db()
    assert (job.state, job.run_at, job.reason) == (State.PENDING, due, "")
    assert [row.verb for row in Audit.objects.all()] == ["cancel", "retry"]


def test_after_its_time_nothing_is_done(operator, at):
    job = ended(at, State.CANCELLED)
    Job.objects.update(run_at=at - SECOND, created_at=at - 60 * SECOND)
    page = text(operator.get(f"/jobs/{job.pk}/"))
    assert "Undo" not in page
    assert ">Retry<" in page
    page = text(operator.post(f"/jobs/{job.pk}/undo/", follow=True))
    assert f"It is too late to take this back: job {job.pk} would start now." in page
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert not Audit.objects.exists()


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.SKIPPED])
def test_only_a_cancellation_is_undone(operator, at, state):
    job = ended(at, state)
    operator.post(f"/jobs/{job.pk}/undo/")
    job.refresh_from_db()
    assert job.state == state


def test_it_asks_only_whom_it_would_serve(operator, at):
    done = ended(at)
    assert operator.get(f"/jobs/{done.pk}/cancel/")["Location"] == f"/jobs/{done.pk}/"
    assert operator.get("/jobs/4711/cancel/").status_code == 404


def test_a_creator_cancels_his_own(client, person, at):
    who = person("add_job")
    client.force_login(who)
    own, other = pending(at + 60 * SECOND, created_by=who), pending(at + 60 * SECOND)
    assert client.get(f"/jobs/{other.pk}/cancel/").status_code == 403
    assert client.get(f"/jobs/{own.pk}/cancel/").status_code == 200
    client.post(f"/jobs/{own.pk}/cancel/")
    own.refresh_from_db()
    assert own.state == State.CANCELLED


def test_a_creator_takes_his_own_cancellation_back_and_no_one_else_s(client, person, at):
    who, boss = person("add_job"), person("view_job", "control_job", name="boss")
    client.force_login(who)
    own = pending(at + 60 * SECOND, created_by=who)
    client.post(f"/jobs/{own.pk}/cancel/")
    assert "Undo the cancellation" in text(client.get(f"/jobs/{own.pk}/"))
    assert f"Job {own.pk} was not cancelled after all." in text(client.post(f"/jobs/{own.pk}/undo/", follow=True))
    own.refresh_from_db()
    assert own.state == State.PENDING
    transitions.cancel(own.pk, now=at, reason="", by=boss)
    assert "Undo the cancellation" not in text(client.get(f"/jobs/{own.pk}/"))
    assert client.post(f"/jobs/{own.pk}/undo/").status_code == 403
    answer = transitions.undo(own.pk, now=at, by=who, own_only=True)
    assert (answer.done, answer.why) == (
        False,
        f"Somebody else has cancelled job {own.pk}: ask an operator to retry it.",
    )
    own.refresh_from_db()
    assert own.state == State.CANCELLED
