"""A job that stops others is created by those who may stop them: by every way in."""

import pytest
from django.contrib.auth.models import Permission, User

from jobs.clock import clock
from jobs.models import Audit, Job, Trigger
from jobs.states import Overlap, State
from jobs.transitions.refusals import _make_way
from tests.conftest import NOW
from tests.transitions.steps import acquire

RIGHT = "jobs.control_job"
JOB = {"target": "demo.noop", "run_at": "2099-01-01T00:00:00Z", "key": "pay", "overlap": "cancel"}
NAMES = ["add_job", "view_job", "fire_trigger", "change_trigger"]


@pytest.fixture
def creator(api, operator):
    operator.user_permissions.set(Permission.objects.filter(codename__in=NAMES))
    return api


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/api/v1/jobs/", JOB),
        ("/api/v1/jobs/bulk/", {"jobs": [{**JOB, "overlap": "queue"}, JOB]}),
        ("/api/v1/batches/", {"jobs": [JOB]}),
        ("/api/v1/batches/", {"jobs": [{**JOB, "overlap": "queue"}], "callback": JOB}),
    ],
)
def test_a_mere_creator_is_refused(creator, operator, problem, url, body):
    problem(creator.post(url, body, content_type="application/json"), 403, says=RIGHT)
    assert not Job.objects.exists()
    operator.user_permissions.add(Permission.objects.get(codename="control_job"))
    assert creator.post(url, body, content_type="application/json").status_code == 201


def test_a_mere_caller_of_a_trigger_is_refused_and_so_is_whoever_defines_it(creator, operator, problem):
    Trigger.objects.create(name="books", target="demo.noop", overlap=Overlap.CANCEL)
    problem(creator.post("/api/v1/triggers/books/"), 403, says=RIGHT)
    body = {"target": "demo.noop", "overlap": "cancel"}
    problem(creator.put("/api/v1/triggers/other/", body, content_type="application/json"), 400, "overlap", RIGHT)
    assert not Job.objects.exists()
    operator.user_permissions.add(Permission.objects.get(codename="control_job"))
    assert creator.post("/api/v1/triggers/books/").status_code == 202
    assert creator.put("/api/v1/triggers/other/", body, content_type="application/json").status_code == 201


def test_the_form_says_it_at_the_field(client, db):
    url = "/jobs/new/"
    user = User.objects.create_user("eve", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__in=NAMES))
    client.force_login(user)
    fields = {**JOB, "run_at": "2099-01-01T00:00:00", "time_zone": "UTC", "payload": "{}", "queue": "default"}
    answer = client.post(url, fields)
    assert RIGHT in answer.content.decode()
    assert not Job.objects.exists()
    user.user_permissions.add(Permission.objects.get(codename="control_job"))
    assert client.post(url, fields).status_code == 302
    assert Job.objects.get().overlap == Overlap.CANCEL


@pytest.mark.django_db
def test_the_audit_names_whose_job_takes_the_place(make_job):
    eve = User.objects.create_superuser("eve")
    first = make_job(1, key="pay")
    acquire(first)
    second = make_job(2, key="pay", overlap=Overlap.CANCEL, by=eve)
    _make_way(first.pk, second.pk, NOW)
    audit = Audit.objects.get()
    assert (audit.job_id, audit.by, audit.verb) == (first.pk, eve, "cancel")
    assert str(second.pk) in audit.reason
    assert Job.objects.get(pk=first.pk).state == State.RUNNING


@pytest.mark.django_db
def test_a_program_that_names_nobody_may(make_job):
    assert make_job(1, key="pay", overlap=Overlap.CANCEL, now=clock.now()).overlap == Overlap.CANCEL
