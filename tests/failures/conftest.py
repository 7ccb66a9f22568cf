"""Failed starts, as a worker would have recorded them."""

from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Job
from jobs.states import State
from tests.monitor.rows import ended
from tests.rights.conftest import make_team, make_user  # noqa: F401

PLACE = "ValueError in shop.orders:charge"


def failed(failure=PLACE, *, ago=60.0, state=State.FAILED, error="ValueError: order 7 is closed", **fields):
    """A job that failed so many seconds ago, with this fingerprint; None: without one."""
    job = ended(clock.now() - timedelta(seconds=ago), state, reason=error, **fields)
    job.attempts.update(failure=failure, error=error)
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def viewer(client, make_user):  # noqa: F811
    client.force_login(make_user("vera", "viewer"))
    return client
