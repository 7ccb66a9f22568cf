"""What a worker does at once when its node begins or ceases to refuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from jobs.clock import clock
from jobs.models.querysets.workers import Drain
from jobs.worker import runtime
from jobs.worker.process import lifecycle
from jobs.worker.runtime import Runtime


@pytest.fixture
def one(monkeypatch):
    with ThreadPoolExecutor(2) as executor:
        one = Runtime(SimpleNamespace(hostname="w1@test", pool=SimpleNamespace(executor=executor, limit=2)))
        one.did = []
        monkeypatch.setattr(one.armer, "wake", lambda: one.did.append("arming"))
        monkeypatch.setattr(lifecycle, "beat_now", lambda: one.did.append("heartbeat"))
        one.consumer = SimpleNamespace(hostname="w1@test", call_soon=lambda what: one.did.append(what.__name__))
        yield one


def test_what_waits_goes_back_the_consumer_stops_and_the_row_says_so(one):
    one.strategy_for(one.consumer)
    one.capacity.set_drain(Drain(clock.now(), "new kernel", "ada"))
    assert (one.slots.free, one.slots.refusing) == (0, "drained by ada: new kernel")
    assert one.did == ["follow", "arming", "heartbeat"]
    one.capacity.set_drain(Drain())
    assert one.slots.free == 2
    assert one.did == ["follow", "arming", "heartbeat"] * 2


def test_each_reading_goes_into_the_cache_under_the_session(one, monkeypatch):
    put = []
    monkeypatch.setattr(runtime.cache, "put", lambda session, vitals: put.append((session, vitals)))
    one.slots.reserve(1)
    one.capacity._look()
    ((session, vitals),) = put
    assert session == lifecycle.identity().session
    assert (vitals.running, vitals.refusing, vitals.reading) == (1, "", one.capacity.reading)
    assert abs(vitals.at - clock.timestamp()) < 1
