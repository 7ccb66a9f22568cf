from __future__ import annotations

import pytest

from jobs import dispatcher


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The messages of the late lane, when they go out: after COMMIT."""
    messages: list = []
    monkeypatch.setattr(dispatcher.late_lane, "_publish", messages.extend)
    return messages
