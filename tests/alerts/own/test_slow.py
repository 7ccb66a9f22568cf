"""A question of one kind of rules that takes too long stops no other kind, and is said by its name."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from jobs.alerts import watcher
from jobs.events.alerts import WatchPartFailed
from jobs.models import Alert, AlertRule
from jobs.models.querysets import watching as questions
from jobs.states import State
from tests.conftest import seconds
from tests.monitor.rows import ended

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_slow_question_is_ended_and_named_and_the_others_are_judged(
    monkeypatch: pytest.MonkeyPatch, emitted: Any
) -> None:
    judge = watcher.Watcher("watch@test")
    monkeypatch.setattr(judge.broker, "answers", lambda: True)

    def take() -> bool:
        judge.lock.taken = True
        return True

    monkeypatch.setattr(judge.lock, "take", take)
    monkeypatch.setattr(watcher, "OWN_PATIENCE", "300ms")
    monkeypatch.setattr(questions, "MISSED", "SELECT NULL, '', '', '', '', NULL, '' FROM pg_sleep(60)")
    for when in ("missed", "failed"):
        AlertRule.objects.create(kind="target", name="demo.noop", when=when)
    ended(watcher.clock.now(), State.FAILED).attempts.update(failure="ValueError in shop:charge")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
    for _ in range(2):
        judge.turn()
        judge._patience.since = {key: at - seconds(60) for key, at in judge._patience.since.items()}
        judge._parts._failing = dict.fromkeys(judge._parts._failing, 0.0)
    assert {one.part for one in emitted.of(WatchPartFailed)} == {"own_missed"}
    open_now = {one.fingerprint: one for one in Alert.objects.open()}
    assert "own_failed:demo.noop" in open_now
    assert "judge the rules of people that tell when a time of its schedule has no run" in (
        open_now["unjudged:own_missed"].sentence
    )
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before, "what is asked afterwards has the patience of before"
