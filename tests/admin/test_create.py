"""A new job in the admin: the rules beside the field, the one way in, the moment it will start."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.admin.models import ADDITION, LogEntry

from jobs.models import Job
from jobs.states import State
from tests.admin.steps import ADD, filled

pytestmark = pytest.mark.django_db


def test_the_form_names_the_targets_and_proposes_a_time(admin):
    page = admin.get(ADD).content.decode()
    assert "demo.sleep (seconds: float" in page
    assert 'name="run_at" value="' in page


def test_it_is_created_and_says_when_it_will_start(admin, at):
    response = admin.post(ADD, filled(at), follow=True)
    job = Job.objects.get()
    assert (job.name, job.target, job.payload, job.state) == (
        "hello",
        "demo.sleep",
        {"seconds": Decimal("0.1")},
        State.PENDING,
    )
    assert job.created_by.username == "grace"
    (message,) = response.context["messages"]
    assert str(message).startswith(
        f"Job {job.pk} will start demo.sleep at {job.run_at:%Y-%m-%d %H:%M:%S} UTC, in 4 min"
    )
    assert response.request["PATH_INFO"] == f"/admin/jobs/job/{job.pk}/change/"


def test_a_rerunnable_job(admin, at):
    admin.post(ADD, filled(at, rerunnable="on", max_attempts="3"))
    job = Job.objects.get()
    assert (job.rerunnable, job.max_attempts) == (True, 3)
    assert "it starts again: 3 starts at most." in admin.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()


def test_who_created_it_is_kept(admin, at):
    admin.post(ADD, filled(at))
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.user.username, entry.object_id) == (ADDITION, "grace", str(Job.objects.get().pk))


def test_one_after_the_other(admin, at):
    assert admin.post(ADD, filled(at, _addanother="1"))["Location"] == ADD


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"target": "demo.slep"}, "target", "demo.sleep"),
        ({"payload": "{"}, "payload", "not JSON"),
        ({"payload": '{"second": 1}'}, "payload", "second"),
        ({"rerunnable": "on"}, "max_attempts", "2 to 100 starts"),
        ({"queue": "a b"}, "queue", "letters, digits"),
        ({"run_at": "2020-01-01T00:00:00"}, "run_at", "in the past"),
        ({"run_at": "soon"}, "run_at", "not a date"),
        ({"time_zone": "Mars/Base"}, "time_zone", "not known"),
    ],
)
def test_an_error_stands_beside_its_field_and_what_was_typed_stays(admin, at, wrong, field, words):
    response = admin.post(ADD, filled(at, **wrong))
    assert response.status_code == 200
    assert not Job.objects.exists()
    form = response.context["adminform"].form
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]
    assert 'value="hello"' in response.content.decode()


def test_adding_needs_its_permission(onlooker, at):
    assert onlooker.get(ADD).status_code == 403
    assert onlooker.post(ADD, filled(at)).status_code == 403
    assert not Job.objects.exists()
