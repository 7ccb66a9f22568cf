"""A port for metrics that cannot be opened, or is not asked for, keeps nobody from working."""

from __future__ import annotations

import socket

import pytest

from jobs import events
from jobs.events.metrics import MetricsNotServed
from jobs.metrics.serving import serve
from jobs.metrics.table import Giver


@pytest.fixture
def told():
    found = []
    end = events.subscribe(found.append)
    yield found
    end()


def test_a_port_that_another_has_is_told_and_nothing_is_counted(settings, told):
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.JOBS_METRICS_PORT = other.getsockname()[1]
        before = events._subscribers
        serve(Giver.BEAT, {})
        (said,) = told
        assert isinstance(said, MetricsNotServed)
        assert (said.host, said.port) == ("127.0.0.1", settings.JOBS_METRICS_PORT)
        assert events._subscribers == before


def test_without_a_port_nothing_is_counted(settings, told):
    settings.JOBS_METRICS_PORT = 0
    before = events._subscribers
    serve(Giver.WORKER, {})
    assert told == []
    assert events._subscribers == before
