"""The part of a job's page that follows the job: what it answers, and when it stops asking."""

from __future__ import annotations

import pytest
from django.test import Client

from jobs.models import Attempt, Job
from jobs.states import State
from tests.monitor.rows import SECOND, ended, pending, running

pytestmark = pytest.mark.django_db


def live(client, job, **headers):
    return client.get(f"/jobs/{job.pk}/live/", headers=headers)


def test_it_answers_what_is_new_and_else_304(viewer, at):
    job = running(at)
    first = live(viewer, job)
    assert first.status_code == 200
    assert '<p class="visually-hidden" role="status">' in first.content.decode()
    assert live(viewer, job, if_none_match=f"W/{first['ETag']}").status_code == 304
    Attempt.objects.update(progress=0.25, progress_note="a quarter")
    second = live(viewer, job, if_none_match=first["ETag"])
    assert second.status_code == 200
    assert '<progress max="1" value="0.25"' in second.content.decode()
    assert "25 %" in second.content.decode()


def test_who_waits_hears_when_the_time_has_come(viewer, at):
    job = pending(at + 3600 * SECOND)
    first = live(viewer, job)
    assert "It is due in" in first.content.decode()
    Job.objects.update(run_at=at - SECOND)
    assert "It is due in" not in live(viewer, job, if_none_match=first["ETag"]).content.decode()


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED])
def test_with_its_end_the_page_asks_no_more(viewer, at, state):
    """htmx ends the polling at 286, and a page that is opened later begins none."""
    job = pending(at)
    assert "hx-trigger" in viewer.get(f"/jobs/{job.pk}/").content.decode()
    job = ended(at, state)
    answer = live(viewer, job)
    assert answer.status_code == 286
    assert State(state).label in answer.content.decode()
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert "hx-trigger" not in page
    assert "http-equiv" not in page


def test_the_login_and_what_is_gone_are_for_the_whole_page(viewer, at):
    job = pending(at)
    answer = live(Client(), job)
    assert (answer.status_code, answer["HX-Redirect"]) == (401, f"/jobs/{job.pk}/")
    Job.objects.all().delete()
    answer = live(viewer, job)
    assert (answer.status_code, answer["HX-Redirect"]) == (404, f"/jobs/{job.pk}/")


def test_the_newest_start_is_open_and_has_its_traceback_output_and_result(viewer, at):
    job = ended(at, State.FAILED)
    first = Attempt.objects.get()
    first.pk, first.number, first.result = None, 2, {"rows": 7}
    first.error, first.log = "Traceback of the second", {"lines": [{"at": f"{at.isoformat()}", "text": "line"}]}
    first.save()
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert page.index('id="start-2" open') < page.index('id="start-1">')
    for shown in ("Traceback of the second", "&quot;rows&quot;: 7", " line</pre>"):
        assert shown in page


def test_what_was_asked_for_reads_as_people_say_it(viewer, at):
    assert "<dt>Deadline</dt><dd>1 h 1 min" in viewer.get(f"/jobs/{pending(at, deadline=3660).pk}/").content.decode()


def test_what_a_look_costs(viewer, at, django_assert_num_queries):
    job = running(at)
    live(viewer, job)
    # Session, user, two for the permissions, the job, its ledger, its audit.
    with django_assert_num_queries(7):
        live(viewer, job)
