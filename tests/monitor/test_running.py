"""A job that runs: how far it is, what it says, whether it takes too long, and that it is to stop."""

from __future__ import annotations

import pytest

from jobs.models import Attempt
from jobs.states import State
from tests.monitor.rows import SECOND, ended, leader, running, worker

pytestmark = pytest.mark.django_db

BEYOND = "running beyond its deadline"


def page(client, path) -> str:
    return client.get(path).content.decode()


@pytest.fixture
def busy(at):
    leader(at)
    worker(at)
    job = running(at, deadline=1, cancel_requested_at=at)
    job.__class__.objects.update(run_at=at - 60 * SECOND, locked_at=at - 60 * SECOND)
    Attempt.objects.update(progress=0.427, progress_note="42 of 100")
    return job


def test_the_monitor_shows_how_far_it_is_and_that_it_takes_too_long(viewer, busy):
    shown = page(viewer, "/")
    assert "42 % 42 of 100" in shown
    assert BEYOND in shown
    assert "asked to stop" in shown


def test_of_others_it_says_nothing(viewer, at):
    leader(at)
    worker(at)
    running(at, deadline=600)
    shown = page(viewer, "/")
    assert BEYOND not in shown
    assert "asked to stop" not in shown


def test_so_does_its_page(viewer, busy):
    shown = page(viewer, f"/jobs/{busy.pk}/")
    assert BEYOND in shown
    assert "Asked to stop" in shown
    assert "42 %" in shown


def test_the_admin_shows_it_too(client, person, busy):
    client.force_login(person("view_job", "view_attempt", "view_audit", "control_job", staff=True))
    shown = page(client, f"/admin/jobs/job/{busy.pk}/change/")
    assert BEYOND in shown
    assert "42 % 42 of 100" in shown


def test_what_a_target_has_said_is_shown_line_by_line(viewer, client, person, at):
    job = ended(at, State.COMPLETED)
    lines = [{"at": f"2030-01-01T10:00:0{n}.123+00:00", "level": "info", "text": f"<b>{n}"} for n in range(2)]
    lines[1] |= {"level": "warning", "from": "shop"}
    Attempt.objects.update(log={"lines": lines, "more": 3, "cut_after": 1})
    wanted = "10:00:00.123 &lt;b&gt;0\n... 3 more lines ...\n10:00:01.123 WARNING [shop] &lt;b&gt;1"
    assert wanted in page(viewer, f"/jobs/{job.pk}/")
    client.force_login(person("view_job", "view_attempt", staff=True, name="linus"))
    assert wanted in page(client, f"/admin/jobs/job/{job.pk}/change/")


def test_a_killed_body_is_not_said_to_have_lost_its_worker(viewer, at):
    job = ended(at, State.FAILED)
    job.__class__.objects.update(execute_at=None)
    assert "its process was killed before it could say when" in page(viewer, f"/jobs/{job.pk}/")
