from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from jobs.models import Installation, Job
from jobs.states import State
from tests.conftest import NOW
from tests.transitions.steps import in_state


@pytest.fixture(autouse=True)
def _on(transactional_db):
    """An installation that removes what is old."""
    Installation.current()
    Installation.objects.update(retention_on_at=NOW, held_at=None)


@pytest.fixture
def over(make_job):
    """Make a job that has ended so many days ago."""

    def make(days=3.0, state=State.COMPLETED, *, created=None, **fields):
        job = in_state(lambda **more: make_job(**fields | more), state)
        at = NOW - timedelta(days=days)
        Job.objects.filter(pk=job.pk).update(finished_at=at, created_at=created or at)
        return Job.objects.get(pk=job.pk)

    return make


@pytest.fixture
def latest(make_job):
    """Make a job that has just ended: its start is the latest of the ledger then."""
    return lambda: in_state(make_job, State.COMPLETED)


@pytest.fixture
def ada():
    return User.objects.create_superuser("ada")


@pytest.fixture
def web(client, ada):
    client.force_login(ada)
    return client
