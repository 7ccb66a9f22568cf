"""A beat that is told to stop while it cannot reach its database ends."""

from __future__ import annotations

import signal
import socket

import pytest

from launcher.process import send
from tests.integration.conftest import wait_for

pytestmark = [pytest.mark.processes]

PATIENCE = 10.0  # seconds; 2 where nothing else runs


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def stops(cluster, port):
    beat = cluster.beat(DATABASE_URL=f"postgresql://nobody:no@127.0.0.1:{port}/nothing")
    wait_for(lambda: "cannot start yet" in cluster.log("beat"), "beat to try again")
    send(cluster.processes.pop("beat"), signal.SIGTERM)
    return beat.wait(PATIENCE) == 0


def test_while_nobody_listens(cluster):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert stops(cluster, port)


def test_while_the_server_says_nothing(cluster, port):
    assert stops(cluster, port)
