import pytest

from jobs import traceparent, traces


class Kept:
    """An exporter that keeps what it gets."""

    def __init__(self):
        self.spans = []

    def export(self, spans):
        self.spans.extend(spans)

    def shutdown(self):
        pass


@pytest.fixture
def numbered(monkeypatch):
    """Attempts have spans; nobody draws them."""
    monkeypatch.setattr(traceparent, "_key", b"of this test")


@pytest.fixture
def spans(numbered):
    """Calls return the spans so far, once all that was put in is sent."""
    kept = Kept()
    leave = traces.watch(lambda: kept)

    def so_far():
        leave()
        return kept.spans

    yield so_far
    leave()
