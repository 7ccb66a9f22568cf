"""A trigger whose key somebody else has locked for long: 503 and when to ask again, nothing was started."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connections

from jobs.models import Job, Trigger
from jobs.transitions import triggers

URL = "/api/v1/triggers/books/"


@pytest.mark.django_db(transaction=True)
def test_a_call_that_waits_too_long_for_another_is_told_to_come_again(api, operator, monkeypatch):
    operator.user_permissions.add(*Permission.objects.filter(codename="fire_trigger"))
    Trigger.objects.create(name="books", target="demo.sleep", payload={"seconds": 0})
    monkeypatch.setattr(triggers, "PATIENCE", "100ms")
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, hashtext('trigger:books'))", [triggers.CALLS])
        answer = api.post(URL, {}, content_type="application/json")
    finally:
        other.close()
    assert answer.status_code == 503, answer.content
    assert "nothing was started" in answer.json()["detail"]
    assert int(answer["Retry-After"]) > 0
    assert not Job.objects.exists()
