"""The watcher's turns: it judges when it has the lock, and says by itself that the database is away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from jobs.alerts import watcher
from jobs.alerts.changes import reading
from jobs.alerts.changes.horizon import Upto
from jobs.alerts.messages import Message
from jobs.events.alerts import WatchBegun, WatchEnded
from jobs.models import Alert, Subscription
from tests.conftest import seconds
from tests.rollups.steps import ended

pytestmark = pytest.mark.django_db


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> watcher.Watcher:
    """A watcher that gets the lock, without a broker to ask."""
    made = watcher.Watcher("watch@test")
    monkeypatch.setattr(made.broker, "answers", lambda: True)
    monkeypatch.setattr(watcher, "close_old_connections", lambda: None)  # that of the test has its transaction
    take(made, True, monkeypatch)
    return made


def take(watching: watcher.Watcher, answer: bool | Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> bool:
        if isinstance(answer, Exception):
            raise answer
        watching.lock.taken = answer
        return answer

    monkeypatch.setattr(watching.lock, "take", said)


def test_one_that_stands_by_judges_nothing(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch, emitted: Any
) -> None:
    take(watching, False, monkeypatch)
    monkeypatch.setattr(watcher.facts, "ask", lambda *_: pytest.fail("it has asked"))
    assert watching.turn() == watcher.TRY_EVERY
    assert not emitted.of(WatchBegun)


def test_nobody_leads_and_it_is_an_alert(watching: watcher.Watcher, emitted: Any) -> None:
    assert watching.turn() == watcher.TURN_EVERY
    assert not Alert.objects.exists(), "a new leader has some seconds"
    watching._patience.since = {key: at - seconds(15) for key, at in watching._patience.since.items()}
    watching.turn()
    assert [one.rule for one in Alert.objects.open()] == ["no_leader"]
    assert len(emitted.of(WatchBegun)) == 1


def test_a_question_that_fails_ends_no_watcher(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch, emitted: Any
) -> None:
    def fails(*_: Any) -> None:
        raise KeyError("nobody has expected this")

    monkeypatch.setattr(watcher.facts, "ask", fails)
    assert watching.turn() == watcher.TURN_EVERY
    assert watching.lock.taken
    assert not emitted.of(WatchEnded)


def test_a_database_that_is_away_is_said_once_by_who_judged_and_written_down_when_it_is_back(
    watching: watcher.Watcher, make_destination: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_destination("bad", min_level="bad")
    make_destination("mine", pattern="late:*")
    sent: list[tuple[str, Message]] = []
    monkeypatch.setattr(watching.sender, "send", lambda kind, address, message: sent.append((kind, message)))
    watching.turn()
    take(watching, OperationalError("the server has gone"), monkeypatch)
    watching.turn()
    away = watching._away
    assert away is not None
    assert not watching.lock.taken
    assert not sent, "it may be back in a moment"
    away.since -= seconds(20)
    for _ in range(3):
        assert watching.turn() == watcher.TRY_EVERY
    ((kind, message),) = sent
    assert (kind, message.fingerprint, message.event) == ("mail", "database", "opened")
    assert "the server has gone" in message.text
    take(watching, False, monkeypatch)  # another watcher judges, which knows nothing of it
    watching.turn()
    alert = Alert.objects.get(rule="database")
    assert (alert.announced, alert.opened_at, alert.resolved_at) == ("opened", away.since, None)


def test_it_tells_changes_of_jobs_and_looks_again_at_once_where_there_may_be_more(
    watching: watcher.Watcher, make_destination: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = Upto(0, 0)
    monkeypatch.setattr(watching._horizon, "look", lambda now: newest)
    monkeypatch.setattr(reading, "AT_A_TIME", 2)
    hook = make_destination("hook", "webhook", "https://hooks.example.com/")
    row = Subscription.objects.create(destination=hook, types=["completed"])
    watching._subscriptions = [row.pk]
    watching._tell_changes()
    starts = [ended() for _ in range(3)]
    newest = Upto(starts[-1].pk, 0)
    row.refresh_from_db()
    Subscription.objects.update(starts_upto=starts[0].pk - 1)
    watching._tell_changes()
    assert hook.deliveries.count() == 0, "not so soon again"
    watching._changes_at = float("-inf")
    watching._tell_changes()
    watching._tell_changes()
    watching._tell_changes()
    told = [event["subject"] for one in hook.deliveries.order_by("id") for event in one.data]
    assert told == [str(one.job_id) for one in starts]


def test_who_did_not_judge_says_nothing_of_it(watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    take(watching, OperationalError("the server has gone"), monkeypatch)
    watching.turn()
    assert watching._away is None


def test_what_is_good_again_is_resolved_and_after_that_nothing_is_asked_of_alerts(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching._patience, "ripe", lambda found, now: found)
    watching.turn()
    assert [one.rule for one in Alert.objects.open()] == ["no_leader"]
    monkeypatch.setattr(watcher.judging, "judge", lambda *_: [])
    watching.turn()
    Alert.objects.update(last_seen_at=watcher.clock.now() - 2 * watcher.keeping.GOOD_FOR)
    watching.turn()
    assert not Alert.objects.open().exists()
    monkeypatch.setattr(watcher.keeping, "keep", lambda *_: pytest.fail("it has asked"))
    watching._judge(watcher.clock.now())


def test_what_lasts_is_asked_again_after_a_while_and_by_who_begins_to_judge(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = watcher.facts.ask_lasting
    monkeypatch.setattr(watcher.facts, "ask_lasting", lambda now: asked.append(now) or real(now))
    for _ in range(3):
        watching.turn()
    assert len(asked) == 1
    watching._asked -= watcher.LASTING_EVERY
    watching.turn()
    assert len(asked) == 2
    watching.lock.taken = False
    watching.turn()
    assert len(asked) == 3


def test_whether_its_session_is_well_is_looked_at_after_a_failure_and_now_and_then(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(watcher, "close_old_connections", lambda: looks.append(1))
    for _ in range(3):
        watching.turn()
    assert len(looks) == 1
    take(watching, OperationalError("the server has gone"), monkeypatch)
    watching.turn()
    take(watching, True, monkeypatch)
    watching.turn()
    assert len(looks) == 2
    watching._safely(lambda: (_ for _ in ()).throw(OperationalError("the server has gone")))
    watching.turn()
    assert len(looks) == 3
