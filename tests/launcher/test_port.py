"""The port of the web interface stays with its installation."""

from __future__ import annotations

import socket

import pytest

from launcher import run
from launcher.home import Home


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> range:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr(run, "PORTS", range(13100, 13150))
    return run.PORTS


def start(home: Home) -> tuple[int, list[str]]:
    said: list[str] = []
    with run.open_listener(home, said.append) as listener:
        return int(listener.getsockname()[1]), said


def test_the_port_stays_though_a_lower_one_is_free_again(home: Home, ports: range) -> None:
    with socket.create_server(("127.0.0.1", ports[0])):
        first, said = start(home)
    assert first != ports[0]
    assert said == []
    assert start(home) == (first, [])


def test_a_port_that_is_taken_is_named_and_used_again_when_it_is_free(home: Home, ports: range) -> None:
    first, _ = start(home)
    with socket.create_server(("127.0.0.1", first)):
        second, said = start(home)
    assert second != first
    assert said == [
        f"port {first} of the last time is taken by another program: the address is on port {second} this time"
    ]
    assert start(home) == (first, [])


def test_a_port_that_is_asked_for_is_not_kept(home: Home, ports: range, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = start(home)
    monkeypatch.setenv("PORT", str(ports[-1]))
    assert start(home) == (ports[-1], [])
    monkeypatch.delenv("PORT")
    assert start(home) == (first, [])
