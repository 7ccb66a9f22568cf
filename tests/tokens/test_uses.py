"""When a token was last used: to the minute, and at nobody's cost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from jobs.events.web import TokenUseNotNoted
from jobs.models import Token
from jobs.tokens import uses as module
from jobs.tokens.uses import Uses
from tests.bearing import make_token

ME = "/api/v1/tokens/me/"
MINUTE = timedelta(minutes=1)
BROKEN = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON jobs_token FOR EACH ROW EXECUTE FUNCTION refuse();
"""
MENDED = "DROP TRIGGER refuse ON jobs_token; DROP FUNCTION refuse();"


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def ended(prefix="token-uses"):
    for thread in threading.enumerate():
        if thread.name.startswith(prefix):
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def uses(monkeypatch):
    """As in a web process, but without the second in which others may come."""
    uses = Uses(wait=lambda seconds: None)
    monkeypatch.setattr(module.uses, "note", uses.note)
    yield uses
    ended()


@pytest.mark.django_db(transaction=True)
def test_a_use_is_written_behind_the_request(uses):
    made = make_token(User.objects.create_user("ada"))
    api = Client(headers={"Authorization": f"Bearer {made.secret}"})
    assert api.get(ME).json()["last_used_at"] is None
    ended()
    used = Token.objects.get().last_used_at
    assert abs(timezone.now() - used) < MINUTE
    assert api.get(ME).json()["last_used_at"] is not None
    ended()
    assert Token.objects.get().last_used_at == used


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_at_it_fails_no_request(uses, emitted):
    made = make_token(User.objects.create_user("ada"))
    api = Client(headers={"Authorization": f"Bearer {made.secret}"})
    sql(BROKEN)
    try:
        assert [api.get(ME).status_code for _ in range(3)] == [200] * 3
        ended()
    finally:
        sql(MENDED)
    (event,) = emitted.of(TokenUseNotNoted)
    assert (event.tokens, "no room" in str(event.error)) == (1, True)
    assert Token.objects.get().last_used_at is None
    assert api.get(ME).status_code == 200


@pytest.mark.django_db
def test_no_more_often_than_once_a_minute(monkeypatch):
    now, started = 1000.0, []
    monkeypatch.setattr(module, "steady", lambda: now)
    monkeypatch.setattr(module.threading, "Thread", lambda **thread: started.append(thread) or threading.Event())
    monkeypatch.setattr(threading.Event, "start", lambda event: None, raising=False)
    uses, at = Uses(), timezone.now()
    uses.note(Token(pk=1, last_used_at=at - MINUTE + timedelta(seconds=1)), at)
    assert not started
    for _ in range(3):
        uses.note(Token(pk=1, last_used_at=at - MINUTE), at)
        uses.note(Token(pk=2), at)
    assert len(started) == 1  # one thread for both
    assert uses._new == {1, 2}
    uses._new.clear()
    now += 59
    uses.note(Token(pk=1), at)
    assert not uses._new
    now += 2
    uses.note(Token(pk=1), at)
    assert uses._new == {1}


@pytest.mark.django_db
def test_another_process_of_the_same_minute_writes_nothing(django_assert_num_queries):
    ada = User.objects.create_user("ada")
    tokens = [make_token(ada, name=str(n)).token for n in range(3)]
    long_ago, just_now = timezone.now() - 2 * MINUTE, timezone.now() - MINUTE / 2
    for token, at in zip(tokens, (None, long_ago, just_now), strict=True):
        Token.objects.filter(pk=token.pk).update(last_used_at=at)
    with django_assert_num_queries(1):
        Token.objects.used([token.pk for token in tokens])
    assert [token.last_used_at > just_now for token in Token.objects.order_by("pk")] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_row_that_somebody_else_has():
    token = make_token(User.objects.create_user("ada")).token
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM jobs_token FOR UPDATE")

        def use():
            sql("SET statement_timeout = '5s'")
            Token.objects.used([token.pk])
            connections.close_all()

        thread = threading.Thread(target=use)
        thread.start()
        thread.join(4)
        assert not thread.is_alive()
        cursor.execute("COMMIT")
    assert Token.objects.get().last_used_at is None
