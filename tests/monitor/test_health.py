"""`/healthz` and `/readyz`: for machines, without a login, each with the remedy."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection

from jobs import zones
from jobs.monitor import broker, health


@pytest.fixture(autouse=True)
def reachable(monkeypatch):
    monkeypatch.setattr(broker, "answers", lambda: True)


def test_alive_asks_nobody(client):
    """Without the mark of a database test: a query would raise."""
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"ready": True, "problems": {}, "time_zones": zones.RELEASE},
    )


@pytest.mark.django_db
def test_a_probe_is_cheap(client, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(
        2
    ):  # SELECT 1, and what holds all jobs; that all migrations are applied is known for a minute
        client.get("/readyz")


@pytest.mark.django_db
@pytest.mark.parametrize("choice", ["max", "min"])
def test_a_missing_migration_is_named_also_when_later_ones_are_applied(client, choice):
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM django_migrations WHERE id = (SELECT {choice}(id) FROM django_migrations WHERE app = 'jobs')"
        )
    cache.delete(health.MIGRATED)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "manage.py migrate" in response.json()["problems"]["migrations"]


@pytest.mark.django_db
def test_a_missing_broker_is_named(client, monkeypatch):
    monkeypatch.setattr(broker, "answers", lambda: False)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert list(response.json()["problems"]) == ["broker"]
    assert "BROKER_URL" in response.json()["problems"]["broker"]


@pytest.mark.django_db
def test_a_missing_database_is_named_and_nothing_secret_is_told(client, monkeypatch):
    def away():
        raise OperationalError('connection to server at "10.0.0.5" failed: password for "runat"')

    monkeypatch.setattr(health.connection, "cursor", away)
    monkeypatch.setattr(health.connection, "close", lambda: None)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "DATABASE_URL" in response.json()["problems"]["database"]
    assert b"10.0.0.5" not in response.content
    assert b"password" not in response.content


def test_only_reading_is_allowed(client):
    assert client.post("/healthz").status_code == 405
