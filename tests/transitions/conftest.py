from datetime import time

import pytest

from jobs import dispatcher
from jobs.models import Calendar


@pytest.fixture
def published(monkeypatch):
    """What the late lane would publish: the broker's side is tested in tests/dispatcher."""
    sent = []
    monkeypatch.setattr(dispatcher.late_lane, "at_commit", sent.extend)
    return sent


@pytest.fixture
def office():
    return Calendar.objects.create(name="office", open_from=time(9), open_until=time(17))
