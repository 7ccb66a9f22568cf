import pytest

from jobs.clock import clock
from jobs.models import Installation
from jobs.scheduler.leader import Leader


@pytest.fixture
def led(transactional_db):
    """A database in which a beat has led, and that it has left."""
    now = clock.now()
    leader = Leader("first")
    assert leader.lead(now)
    leader.step_down()
    return now


@pytest.fixture
def put_back(led):
    """The same, with the tables of a dump: others than those that were used."""
    Installation.objects.update(table_oid=1)
    return led
