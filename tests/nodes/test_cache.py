"""The cache of readings, in the Valkey or Redis that is the broker."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest
from django.conf import settings

from jobs.clock import clock
from jobs.nodes.cache import KEPT_FOR, KEY, NodeCache, Vitals, fresher
from jobs.nodes.metrics import Reading
from tests.monitor.rows import worker

SICK = Vitals(at=2e9, reading=Reading(cpu=12.5, memory=97, load=0.5), running=3, refusing="memory 97 % is over it")


@pytest.fixture
def cache():
    if not str(settings.CELERY_BROKER_URL).startswith("redis"):
        pytest.skip("the broker of this run is not Redis")
    cache = NodeCache()
    yield cache
    cache.close()


def test_what_one_process_puts_another_reads(cache):
    session, other = uuid.uuid4(), NodeCache()
    cache.put(session, SICK)
    assert other.read([uuid.uuid4(), session]) == {session: SICK}
    other.close()


def test_whoever_is_silent_is_forgotten(cache):
    session = uuid.uuid4()
    cache.put(session, SICK)
    assert 0 < cache._client.ttl(f"{KEY}{session}") <= KEPT_FOR


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"at": 1}', '{"at": 1, "reading": {"gpus": 2}}'])
def test_what_another_release_has_put_there_is_not_read(cache, text):
    session = uuid.uuid4()
    cache.put(session, SICK)
    cache._client.set(f"{KEY}{session}", text)
    assert cache.read([session]) == {}


def test_one_that_is_away_is_asked_once_and_then_left_alone():
    nowhere, begun = NodeCache("redis://127.0.0.1:1/0"), time.monotonic()
    for _ in range(100):
        nowhere.put(uuid.uuid4(), SICK)
        assert nowhere.read([uuid.uuid4()]) == {}
    assert time.monotonic() - begun < 10
    nowhere.close()


def test_rabbitmq_is_none():
    none = NodeCache("amqp://127.0.0.1:1//")
    none.put(uuid.uuid4(), SICK)
    assert none.read([uuid.uuid4()]) == {}


@pytest.mark.django_db
def test_the_fresher_of_the_two_is_shown():
    now = clock.now()
    row = worker(now, silent=timedelta(0), memory=40.0, running=1)
    at = row.heartbeat_at.timestamp()
    from_row = Vitals(at, Reading(memory=40.0), 1, "")
    assert fresher(row, None) == from_row
    assert fresher(row, Vitals(at - 1, Reading())) == from_row
    later = Vitals(at + 1, Reading(memory=41.0))
    assert fresher(row, later) == later
