"""The watcher's turns: it judges when it has the lock, and says by itself that the database is away."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from psycopg.errors import QueryCanceled

from jobs.alerts import parts as parts_of_turns
from jobs.alerts import watcher
from jobs.alerts.changes import asking, reading
from jobs.alerts.changes.horizon import Upto
from jobs.alerts.messages import Message
from jobs.alerts.parts import PLATFORM, Parts
from jobs.events.alerts import WatchBegun, WatchEnded, WatchPartFailed
from jobs.models import Alert, AlertRule, Subscription
from jobs.postgresql.session import ReadOnly
from jobs.states import State
from tests.conftest import seconds
from tests.monitor.rows import ended as job_ended
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


def make_rule(kind: str = "target", name: str = "demo.noop") -> None:
    AlertRule.objects.create(kind=kind, name=name, when="failed")


def timed_out(*_: Any, **__: Any) -> None:
    raise OperationalError("canceling statement due to statement timeout") from QueryCanceled()


def unforeseen(*_: Any, **__: Any) -> None:
    raise KeyError("nobody has expected this")


@pytest.fixture
def pings(watching: watcher.Watcher, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    settings.JOBS_WATCH_PING_URL = "https://ping.example.com/"
    asked: list[str] = []
    monkeypatch.setattr(watching.sender, "ping", asked.append)
    return asked


PARTS = {
    "figures": ("facts", "ask_lasting"),
    "settings": ("", "source_name"),
    "objectives": ("", "count_for_all"),
    "forecast": ("overload", "look"),
    "own_failed": ("own_facts.watching", "failed"),
    "platform": ("facts", "ask"),
    "cleaning": ("keeping", "remove_old"),
}


@pytest.mark.parametrize("failure", [timed_out, unforeseen])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_fails_keeps_no_other_back_and_is_said_when_it_goes_on(
    part: str, failure: Any, watching: watcher.Watcher, pings: list[str], request: pytest.FixtureRequest
) -> None:
    monkeypatch, emitted = request.getfixturevalue("monkeypatch"), request.getfixturevalue("emitted")
    make_rule()
    failed = job_ended(watcher.clock.now(), State.FAILED)
    failed.attempts.update(failure="ValueError in shop:charge")
    where, what = PARTS[part]
    monkeypatch.setattr(attrgetter(where)(watcher) if where else watcher, what, failure)
    for _ in range(2):
        assert watching.turn() == watcher.TURN_EVERY
        watching._patience.since = {key: at - seconds(60) for key, at in watching._patience.since.items()}
        watching._asked = watching._counted = watching._cleaned = float("-inf")
        watching._parts._failing = dict.fromkeys(watching._parts._failing, 0.0)
    watching.turn()
    assert watching.lock.taken
    assert watching._away is None
    assert {one.part for one in emitted.of(WatchPartFailed)} == {part}
    opened = {one.fingerprint for one in Alert.objects.open()}
    wanted = {f"unjudged:{part}", "no_leader", "own_failed:demo.noop"}
    assert opened == wanted - {"platform": {"no_leader"}, "own_failed": {"own_failed:demo.noop"}}.get(part, set())
    assert pings == ["https://ping.example.com/"]


@pytest.mark.parametrize("error", [OperationalError("the server has gone"), InterfaceError("closed"), ReadOnly()])
def test_a_database_that_is_away_is_no_part_that_fails(error: Exception) -> None:
    def fails() -> None:
        raise error

    parts = Parts()
    with pytest.raises(type(error)):
        parts.ask(PLATFORM, fails, None)
    assert parts.conditions() == []


def test_a_turn_in_which_much_takes_too_long_keeps_its_lock_and_comes_to_its_end(
    watching: watcher.Watcher, make_destination: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock on which each of these takes ten seconds."""
    time = [watcher.steady()]
    looks: list[float] = []

    def slow(*_: Any, **__: Any) -> None:
        time[0] += 10
        timed_out()

    def take_it() -> bool:
        looks.append(time[0])
        watching.lock.taken = True
        return True

    hook = make_destination("hook", "webhook", "https://hooks.example.com/")
    for _ in range(9):
        Subscription.objects.create(destination=hook)
    monkeypatch.setattr(watcher, "steady", lambda: time[0])
    monkeypatch.setattr(parts_of_turns, "steady", lambda: time[0])
    monkeypatch.setattr(watching.lock, "take", take_it)
    for module, name in ((watcher.facts, "ask_lasting"), (watcher, "count_for_all"), (watcher.facts, "ask")):
        monkeypatch.setattr(module, name, slow)
    begun = time[0]
    assert watching.turn() == watcher.TURN_EVERY
    assert looks == [begun, begun + 20]
    monkeypatch.setattr(watching._horizon, "look", lambda now: Upto(0, 0))
    read: list[int] = []
    monkeypatch.setattr(reading, "read", lambda one, *_: read.append(one) or slow())
    for turn in range(2):
        watching._changes_at = float("-inf")
        watching._tell_changes()
        assert len(set(read)) == len(read) == turn + 1, "another, and then it is time to judge"


def test_what_a_failing_part_judges_stays_open_until_it_is_known(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = watcher.clock.now()
    more = {"level": "bad", "sentence": "s", "opened_at": now, "last_seen_at": now - 9 * watcher.keeping.GOOD_FOR}
    names = ("backlog", "late", "burns", "own_failed", "own_late", "database")
    for name in names:
        Alert.objects.create(rule=name, **more)
    asked = watcher.own_facts.watching
    for module, name in ((watcher.facts, "ask"), (watcher, "count_for_all"), (asked, "failed")):
        monkeypatch.setattr(module, name, timed_out)
    make_rule()
    watching.turn()
    assert {one.rule for one in Alert.objects.open()} == {"backlog", "late", "burns", "own_failed"}
    monkeypatch.undo()
    Alert.objects.update(last_seen_at=now - 9 * watcher.keeping.GOOD_FOR)
    monkeypatch.setattr(watcher, "close_old_connections", lambda: None)
    monkeypatch.setattr(watching.broker, "answers", lambda: True)
    take(watching, True, monkeypatch)
    watching.lock.taken = False
    watching.turn()
    assert not Alert.objects.open().exclude(rule="no_leader").exists()


def test_the_ping_is_withheld_while_alerts_cannot_be_written(
    watching: watcher.Watcher, monkeypatch: pytest.MonkeyPatch, pings: list[str], emitted: Any
) -> None:
    real = watcher.keeping.keep
    monkeypatch.setattr(watcher.keeping, "keep", timed_out)
    watching.turn()
    assert ([one.part for one in emitted.of(WatchPartFailed)], pings) == (["alerts"], [])
    monkeypatch.setattr(watcher.keeping, "keep", real)
    watching.turn()
    assert len(pings) == 1


def test_a_rule_of_sqls_making_about_a_job_that_is_none_is_passed_by(watching: watcher.Watcher, emitted: Any) -> None:
    make_rule(kind="job", name="nightly")
    watching.turn()
    watching._patience.since = {key: at - seconds(15) for key, at in watching._patience.since.items()}
    watching.turn()
    assert [one.rule for one in Alert.objects.open()] == ["no_leader"]
    assert not emitted.of(WatchPartFailed)


def test_a_subscription_that_fails_keeps_no_other_back_and_is_forgotten_when_it_is_off(
    watching: watcher.Watcher, make_destination: Any, monkeypatch: pytest.MonkeyPatch, emitted: Any
) -> None:
    hook = make_destination("hook", "webhook", "https://hooks.example.com/")
    bad, good = (Subscription.objects.create(destination=hook) for _ in range(2))
    watching.turn()
    monkeypatch.setattr(watching._horizon, "look", lambda now: Upto(0, 0))
    read: list[int] = []
    monkeypatch.setattr(
        reading, "read", lambda one, *_: timed_out() if one == bad.pk else read.append(one) or reading.Read()
    )
    for _ in range(2):
        watching._changes_at = float("-inf")
        watching._tell_changes()
    assert read == [good.pk] * 2
    assert [one.part for one in emitted.of(WatchPartFailed)] == [f"subscription {bad.pk}"], "it is let rest"
    assert [one.subject for one in watching._parts.conditions()] == [f"subscription {bad.pk}"]
    Subscription.objects.filter(pk=bad.pk).update(enabled=False)
    watching._asked = float("-inf")
    watching.turn()
    assert watching._parts.conditions() == []


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
    monkeypatch.setattr(asking, "AT_A_TIME", 2)
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
