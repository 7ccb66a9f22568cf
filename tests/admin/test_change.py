"""The page of one job: facts, ledger, buttons; nothing to edit. And deletion, only of what has ended."""

from __future__ import annotations

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.test import RequestFactory

from jobs.models import Attempt, Job
from jobs.states import State
from tests.monitor.rows import SECOND, ended, pending, running

pytestmark = pytest.mark.django_db


def url(job, page="change") -> str:
    return f"/admin/jobs/job/{job.pk}/{page}/"


def test_the_facts_and_the_ledger(admin, at):
    job = ended(at, State.FAILED, reason="ValueError: no rows", payload={"a": 1})
    page = admin.get(url(job)).content.decode()
    for fact in ("ValueError: no rows", "On time: it started 0.50 ms", "w1@host", "✕</span>failed", "&quot;a&quot;: 1"):
        assert fact in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("starts", [1, 6])
def test_it_costs_the_same_with_one_start_and_with_six(admin, at, starts, django_assert_num_queries):
    job = ended(at, State.FAILED)
    first = job.attempts.get()
    for number in range(2, starts + 1):
        Attempt.objects.create(
            job=job,
            number=number,
            worker="w",
            session=first.session,
            token=f"00000000-0000-0000-0000-{number:012d}",
            run_at=at,
            locked_at=at,
        )
    # Session, user, two for the permissions; the job with its creator; its ledger; its audit; whether it is kept.
    with django_assert_num_queries(8):
        admin.get(url(job))


def test_an_interrupted_job_asks_for_a_reason_and_shows_the_audit(admin, at):
    job = ended(at, State.INTERRUPTED)
    page = admin.get(url(job)).content.decode()
    assert "What became of it?" in page
    assert f'formaction="/jobs/{job.pk}/confirm-done/"' in page
    admin.post(f"/jobs/{job.pk}/confirm-done/", {"reason": "I looked", "next": url(job)})
    page = admin.get(url(job)).content.decode()
    assert "What became of it?" not in page
    assert "I looked" in page
    assert "confirm done" in page


def test_nothing_can_be_edited(admin, at):
    job = pending(at + 60 * SECOND, name="before")
    assert admin.post(url(job), {"name": "after"}).status_code == 403
    job.refresh_from_db()
    assert job.name == "before"


def test_buttons_for_those_who_may(admin, at):
    job = pending(at + 60 * SECOND)
    page = admin.get(url(job)).content.decode()
    for target in (f"/jobs/{job.pk}/cancel/", f"/jobs/{job.pk}/run-now/", url(job, "reschedule")):
        assert target in page
    assert f"/jobs/{job.pk}/retry/" not in page


def test_a_button_comes_back_to_the_admin(admin, at):
    job = pending(at + 60 * SECOND)
    response = admin.post(f"/jobs/{job.pk}/cancel/", {"next": url(job)}, follow=True)
    assert response.request["PATH_INFO"] == url(job)
    assert f"Job {job.pk} was cancelled." in response.content.decode()


def test_no_buttons_for_those_who_only_look(onlooker, at):
    job = pending(at + 60 * SECOND)
    assert f"/jobs/{job.pk}/cancel/" not in onlooker.get(url(job)).content.decode()


def test_the_history_names_who_did_what(admin, at):
    job = pending(at + 60 * SECOND)
    admin.post(f"/jobs/{job.pk}/cancel/")
    page = admin.get(url(job, "history"), follow=True).content.decode()
    assert "grace" in page
    assert f">{job.pk}</a>" in page
    assert "cancelled" in page


def test_an_unknown_job_is_said_so(admin):
    response = admin.get("/admin/jobs/job/4711/change/", follow=True)
    assert "4711" in str(next(iter(response.context["messages"])))


# --- deletion ---


def test_what_has_ended_can_be_deleted_with_its_ledger(admin, at):
    job = ended(at)
    assert str(job) in admin.get(url(job, "delete")).content.decode()
    admin.post(url(job, "delete"), {"post": "yes"})
    assert not Job.objects.exists()
    assert not Attempt.objects.exists()
    assert LogEntry.objects.get().action_flag == DELETION


@pytest.mark.parametrize(("make", "words"), [(pending, "cancel it first"), (running, "wait for its end first")])
def test_what_has_not_ended_is_kept_with_a_sentence(admin, at, make, words):
    job = make(at)
    for response in (
        admin.get(url(job, "delete"), follow=True),
        admin.post(url(job, "delete"), {"post": "yes"}, follow=True),
    ):
        assert words in str(next(iter(response.context["messages"])))
    assert Job.objects.filter(pk=job.pk).exists()


def test_of_many_only_the_ended_are_deleted_and_the_others_are_named(admin, act, at):
    done, waiting = ended(at), pending(at + 60 * SECOND)
    data = {"action": "delete_selected", "_selected_action": [done.pk, waiting.pk]}
    page = admin.post("/admin/jobs/job/", data).content.decode()
    assert f"Job {waiting.pk} is pending: cancel it first, then delete it." in page
    assert f'value="{waiting.pk}"' not in page
    act("delete_selected", done, waiting, post="yes")
    assert list(Job.objects.values_list("pk", flat=True)) == [waiting.pk]


def test_what_was_retried_meanwhile_is_kept(admin, at):
    job = ended(at, State.FAILED)
    Job.objects.filter(pk=job.pk).update(state=State.PENDING, locked_at=None, execute_at=None, finished_at=None)
    asking = RequestFactory().get("/")
    asking.user = User(is_superuser=True, is_active=True, pk=1)
    django_admin.site._registry[Job].delete_queryset(asking, Job.objects.filter(pk=job.pk))
    assert Job.objects.filter(pk=job.pk).exists()


def test_deleting_needs_its_permission(onlooker, at):
    job = ended(at)
    assert onlooker.post(url(job, "delete"), {"post": "yes"}).status_code == 403
    assert Job.objects.exists()


def test_what_it_waits_for_and_what_waits_for_it(admin, make_job):
    first = make_job()
    child = make_job(waits_for=[first.pk])
    assert f'<a href="{url(first)}">job {first.pk}</a>' in admin.get(url(child)).content.decode()
    assert f'<a href="{url(child)}">job {child.pk}</a>' in admin.get(url(first)).content.decode()
    for page, other in ((child, first), (first, child)):
        assert f'<a href="/jobs/{other.pk}/">' in admin.get(f"/jobs/{page.pk}/").content.decode()
    assert "It waits for the jobs that it depends on." in admin.get(url(child)).content.decode()


def test_an_interrupted_one_that_others_wait_for_is_not_deleted(admin, at, make_job):
    job = ended(at, State.INTERRUPTED)
    child = make_job(waits_for=[job.pk])
    page = admin.post(url(job, "delete"), {"post": "yes"}, follow=True).content.decode()
    assert "others wait for it: say what became of it first" in page
    Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    admin.post(url(job, "delete"), {"post": "yes"})
    assert not Job.objects.filter(pk=job.pk).exists()
    assert not child.dependencies.exists()
