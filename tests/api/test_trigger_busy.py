"""A trigger whose key somebody else has locked for long: 503 and when to ask again, nothing was started."""

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection, connections

from jobs.models import Job, Trigger
from jobs.transitions import triggers
from tests.conftest import NOW

URL = "/api/v1/triggers/books/"


@pytest.fixture
def busy(transactional_db):
    """Somebody else calls it, for as long as the test lasts."""
    Trigger.objects.create(name="books", target="demo.sleep", payload={"seconds": 0})
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext('trigger:books'))", [triggers.CALLS])
    yield
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_call_that_waits_too_long_for_another_is_told_to_come_again(api, operator, busy, monkeypatch):
    operator.user_permissions.add(*Permission.objects.filter(codename="fire_trigger"))
    monkeypatch.setattr(triggers, "PATIENCE", "100ms")
    answer = api.post(URL, {}, content_type="application/json")
    assert answer.status_code == 503, answer.content
    assert "nothing was started" in answer.json()["detail"]
    assert int(answer["Retry-After"]) > 0
    assert not Job.objects.exists()


def test_a_database_that_ends_the_statement_is_no_other_call(busy):
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '100ms'")
    with pytest.raises(OperationalError, match="statement timeout"):
        triggers.fire(Trigger.objects.get(), now=NOW)
    connection.close()
    assert not Job.objects.exists()
