"""The ledger, the workers, the leader and the log: to read, at the same cost for five rows and fifty."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from jobs import transitions
from jobs.models import Attempt, Audit, Batch, Leadership, Worker, WorkerLog
from jobs.states import State
from tests.monitor.rows import SECOND, ended, leader, pending, worker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["attempt", "worker", "leadership", "workerlog", "batch"])
@pytest.mark.parametrize("rows", [5, 50])
def test_lists_cost_the_same(admin, at, model, rows, django_assert_num_queries):
    leader(at)
    for n in range(rows):
        job = ended(at - n * SECOND, State.FAILED)
        transitions.retry(job.pk, now=at, by=User.objects.get())
        worker(at, f"w{n}@host")
        WorkerLog.objects.create(action="QUERYLIST", client="beat", results=1)
        Batch.objects.create(created_by=User.objects.get(), callback=job)
    # Session, user, two for the permissions; the bounded count; the rows.
    with django_assert_num_queries(6):
        assert admin.get(f"/admin/jobs/{model}/").status_code == 200


def test_each_record_can_be_read_and_none_written(admin, at):
    leader(at)
    transitions.retry(ended(at, State.FAILED).pk, now=at, reason="a reason")
    worker(at)
    WorkerLog.objects.create(action="QUERYLIST")
    Batch.objects.create()
    for model in (Attempt, Audit, Worker, Leadership, WorkerLog, Batch):
        base = f"/admin/jobs/{model._meta.model_name}/"
        page = f"{base}{model.objects.first().pk}/"
        assert admin.get(f"{page}change/").status_code == 200
        assert admin.get(f"{base}add/").status_code == 403
        assert admin.post(f"{page}change/", {}).status_code == 403
        assert admin.post(f"{page}delete/", {"post": "yes"}).status_code == 403
        assert model.objects.exists()


def test_an_outcome_that_is_missing_is_said(admin, at):
    ended(at)
    Attempt.objects.update(outcome=None, finished_at=None)
    assert "not ended" in admin.get("/admin/jobs/attempt/").content.decode()


def test_a_batch_shows_how_far_it_is_and_leads_to_its_jobs(admin, at):
    last = pending(at + SECOND)
    batch = Batch.objects.create(name="payroll of May", callback=last, created_by=User.objects.get())
    mine = [ended(at, state, batch=batch) for state in (State.COMPLETED, State.FAILED, State.INTERRUPTED)]
    page = admin.get("/admin/jobs/batch/").content.decode()
    assert f'<a href="/admin/jobs/job/?batch={batch.pk}">2 of 3</a>' in page, "an interrupted one is not over"
    page = admin.get(f"/admin/jobs/batch/{batch.pk}/change/").content.decode()
    assert f"job {last.pk}</a>" in page
    assert page.count("↯</span>interrupted") == 1
    found = admin.get(f"/admin/jobs/job/?batch={batch.pk}").context["cl"].result_list
    assert {job.pk for job in found} == {job.pk for job in mine}
