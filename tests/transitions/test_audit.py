"""A change of what jobs go by and its row in the audit are one: both are there, or neither."""

import pytest
from django.contrib.auth.models import User

from jobs import transitions
from jobs.models import Audit, Calendar, Job, Kind, Limit, Trigger, Worker
from jobs.nodes import drains
from jobs.transitions import definitions
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.conftest import NOW, seconds

pytestmark = pytest.mark.django_db
MAIL = Name(Kind.QUEUE, "mail")
MODELS = (Job, Limit, Trigger, Calendar, Worker)


@pytest.fixture(autouse=True)
def _answered_at_once(monkeypatch):
    monkeypatch.setattr(pausing, "ANSWERED_AFTER", 0.0)


@pytest.fixture
def ada():
    return User.objects.create_user("ada")


@pytest.fixture
def job(make_job):
    return make_job()


def trigger(**fields):
    return Trigger.objects.create(**{"name": "books", "target": "demo.noop", **fields})


def worker(**fields):
    return Worker.objects.create(name="w1@host", pid=1, pool="threads", slots=5, heartbeat_at=NOW, **fields).session


WAYS = {
    "cancel": lambda job, ada: transitions.cancel(job.pk, now=NOW, reason="", by=ada),
    "reschedule": lambda job, ada: transitions.reschedule(job.pk, run_at=NOW + seconds(90), now=NOW, by=ada),
    "pause": lambda job, ada: pausing.pause(MAIL, now=NOW, reason="", by=ada),
    "resume": lambda job, ada: pausing.resume(MAIL, now=NOW, by=pausing.By(ada)),
    "limit": lambda job, ada: pausing.limit(MAIL, now=NOW, concurrency=2, rate=None, burst=1, by=pausing.By(ada)),
    "lift": lambda job, ada: pausing.lift(MAIL, now=NOW, by=pausing.By(ada)),
    "define a trigger": lambda job, ada: definitions.define_trigger("mail", {"target": "demo.noop"}, by=ada, now=NOW),
    "define a calendar": lambda job, ada: definitions.define_calendar("office", {}, [], by=ada, now=NOW),
    "delete a trigger": lambda job, ada: definitions.forget(Trigger.objects.get(name="books"), by=ada, now=NOW),
    "drain": lambda job, ada: drains.drain(Worker.objects.get(drained_at=None).session, now=NOW, reason="x", by=ada),
    "resume a worker": lambda job, ada: drains.resume(
        Worker.objects.exclude(drained_at=None).get().session, now=NOW, reason="", by=ada
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_written_down_is_not_done(way, job, ada, monkeypatch):
    trigger()
    worker()
    worker(drained_at=NOW)
    if way in ("resume", "lift"):
        Limit.objects.create(name="mail", concurrency=1, paused_at=NOW)
    before = [list(model.objects.order_by("pk").values()) for model in MODELS]
    with monkeypatch.context() as broken:
        broken.setattr(Audit, "save", lambda row, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            WAYS[way](job, ada)
    assert [list(model.objects.order_by("pk").values()) for model in MODELS] == before
    WAYS[way](job, ada)
    assert [list(model.objects.order_by("pk").values()) for model in MODELS] != before
    assert [row.by for row in Audit.objects.all()] == [ada]


def test_what_changes_nothing_is_not_written_down(job, ada):
    Limit.objects.create(name="mail", concurrency=1)
    trigger(name="mail")
    for way in ("resume", "define a trigger"):
        WAYS[way](job, ada)
    assert not Audit.objects.exists()


def test_a_job_that_is_moved_says_from_when_to_when(job, ada):
    WAYS["reschedule"](job, ada)
    row = Audit.objects.get()
    # Made for a minute after 12:00:03, moved to a minute and a half after it.
    assert (row.before, row.after) == ({"run_at": "2030-01-01T12:01:03+00:00"}, {"run_at": "2030-01-01T12:01:33+00:00"})
