import pytest

from jobs import dispatcher


@pytest.fixture
def published(monkeypatch):
    """What the late lane would publish: the broker's side is tested in tests/dispatcher."""
    sent = []
    monkeypatch.setattr(dispatcher.late_lane, "at_commit", sent.extend)
    return sent
