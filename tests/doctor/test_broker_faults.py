"""Faults of the broker that are planted, and found."""

from __future__ import annotations

import pytest
from django.conf import settings
from redis import Redis

from jobs.clock import clock
from jobs.doctor.checks import broker
from jobs.doctor.finding import Verdict
from jobs.doctor.patient import Patient
from jobs.models import Worker
from tests.brokers import purge


def worst(findings):
    return findings[0].verdict


@pytest.fixture
def valkey():
    """The broker of the tests, whose configuration is as before afterwards."""
    client = Redis.from_url(str(settings.CELERY_BROKER_URL))
    before = client.config_get("maxmemory*") | client.config_get("appendonly")
    yield client
    for name in ("maxmemory", "maxmemory-policy", "appendonly"):
        client.config_set(name, before[name])
    client.close()


def test_a_broker_that_throws_messages_away(look, db, valkey):
    valkey.config_set("maxmemory-policy", "noeviction")
    assert [one.verdict for one in look("broker", "broker-memory")] == [Verdict.OK, Verdict.OK]
    valkey.config_set("maxmemory-policy", "allkeys-lru")

    found = look("broker-memory")

    assert worst(found) is Verdict.BAD
    assert found[0].figure == "allkeys-lru"
    assert "noeviction" in found[0].remedy


def test_a_broker_whose_memory_is_full(look, db, valkey, monkeypatch):
    valkey.config_set("maxmemory", 2**40)  # others go on with it meanwhile
    assert worst(look("broker-memory")) is Verdict.OK
    monkeypatch.setattr(broker, "NEARLY_FULL", 0.0)

    found = look("broker-memory")

    assert worst(found) is Verdict.BAD
    assert "nearly full" in found[0].sentence


def test_a_broker_that_forgets(look, db, valkey):
    valkey.config_set("appendonly", "no")
    assert worst(look("broker-disk")) is Verdict.NOTE
    valkey.config_set("appendonly", "yes")

    assert worst(look("broker-disk")) is Verdict.OK


def test_messages_that_nobody_takes(look, healthy, monkeypatch):
    purge(str(settings.CELERY_BROKER_URL))
    assert worst(look("broker-depth")) is Verdict.OK
    client = Redis.from_url(str(settings.CELERY_BROKER_URL))
    client.lpush("default", "{}", "{}")
    try:
        monkeypatch.setattr(broker, "DEEP", 1)
        assert [one.figure for one in look("broker-depth")] == ["2 messages"]
        Worker.objects.update(queues=["mail"])
        assert "no worker lives" in look("broker-depth")[0].sentence
    finally:
        client.delete("default")
        client.close()


def test_a_broker_that_is_away_is_asked_once(look, healthy):
    found = look("broker", "broker-memory", "broker-disk", patient=Patient("redis://127.0.0.1:1/0"))

    assert [one.verdict for one in found] == [Verdict.BAD, Verdict.UNKNOWN, Verdict.UNKNOWN]


def test_another_installation_on_this_broker(look, healthy):
    assert worst(look("broker-shared")) is Verdict.OK
    Worker.objects.update(foreign_at=clock.current(), foreign_from="installation 0123456789ab, queue default")

    found = look("broker-shared")

    assert worst(found) is Verdict.WARN
    assert "0123456789ab" in found[0].sentence


@pytest.mark.rabbitmq
def test_rabbitmq_is_looked_at_as_far_as_it_says(look, db, rabbitmq):
    found = look("broker", "broker-memory", "broker-disk", patient=Patient(rabbitmq))

    assert [one.verdict for one in found] == [Verdict.NOTE, Verdict.OK, Verdict.OK]
    assert "RabbitMQ" in str([one.figure for one in found])
    assert "guest:guest" not in str(found)
