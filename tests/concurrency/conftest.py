from __future__ import annotations

import pytest

from jobs import publishing


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The messages of late jobs, when they go out: after COMMIT."""
    messages: list = []
    monkeypatch.setattr(publishing.late_publisher, "_publish", messages.extend)
    return messages
