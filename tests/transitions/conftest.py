from datetime import time

import pytest

from jobs import publishing
from jobs.models import Calendar, Job
from jobs.states import Blackout
from jobs.transitions import stops
from jobs.transitions.limits import promotion
from tests.transitions.steps import again


@pytest.fixture(autouse=True)
def _looks_at_once(monkeypatch):
    """A test of Django's is one transaction, which never commits: whoever would look at limits then looks now."""

    def look(names, *, now):
        for _ in range(3):
            names = promotion.promote(names, now=now, seconds=1.0) if names else set()

    monkeypatch.setattr(promotion, "at_commit", look)


@pytest.fixture
def published(monkeypatch):
    """What would be published at commit: the broker's side is tested in tests/publishing."""
    sent = []
    monkeypatch.setattr(publishing.late_publisher, "at_commit", sent.extend)
    return sent


@pytest.fixture
def office():
    return Calendar.objects.create(name="office", open_from=time(9), open_until=time(17))


@pytest.fixture
def bound(office, make_job):
    """A job of the calendar that SQL, an edit or lateness has led to that time."""

    def make(run_at, policy=Blackout.NEXT, **fields):
        job = make_job(60, calendar="office", blackout=policy, **fields)
        Job.objects.filter(pk=job.pk).update(run_at=run_at)
        return again(job)

    return make


@pytest.fixture
def waited(monkeypatch):
    """The seconds that an answer to a stop was waited for."""
    waited = []
    monkeypatch.setattr(stops.time, "sleep", waited.append)
    return waited
