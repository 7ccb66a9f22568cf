"""What was away is written down by the beat that leads, when it is back: so that late jobs can be explained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from jobs.lateness import cause_of
from jobs.models import Job, Leadership, Outage
from jobs.scheduler import dispatcher, leader
from jobs.scheduler.leader import Leader
from tests.scheduler.rows import job

A = "beat@host:1"


def rows() -> list[tuple[str, float, str]]:
    """What was away, for how many seconds, and who has seen it."""
    found = Outage.objects.order_by("id")
    return [(row.of, (row.until - row.since).total_seconds(), row.who) for row in found]


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch, hands: Any) -> Any:
    """Have the steady clock go with the other."""
    begun = hands.now
    for module in (leader, dispatcher):
        monkeypatch.setattr(module, "steady", lambda: (hands.now - begun).total_seconds() + 1_000)
    return hands


def lead_after(hands: Any, seconds: float) -> None:
    Leadership.objects.update_or_create(pk=1, defaults={"listed_at": hands.now, "holder": "gone", "epoch": 1})
    one = Leader(A)
    assert one.lead(hands.forward(seconds))
    one.step_down()


def test_a_leader_that_comes_late_writes_down_that_nobody_led(hands: Any) -> None:
    lead_after(hands, 40)
    assert rows() == [("leader", 40.0, A)]


def test_one_that_comes_in_time_writes_down_nothing(hands: Any) -> None:
    lead_after(hands, 11)
    assert rows() == []


def test_the_database_was_away_until_somebody_leads_again(ticking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Leader(A)
    assert one.lead(ticking.now)
    with monkeypatch.context() as broken:

        def fail(*_: Any) -> bool:
            raise OperationalError("the server went away")

        broken.setattr(one, "_ping", fail)
        broken.setattr(one.lock, "take", fail)
        assert not one.lead(ticking.forward(2))
        assert not one.lead(ticking.forward(2))
    assert one.lead(ticking.forward(3))
    assert rows() == [("database", 5.0, A)]
    one.step_down()


def test_one_that_stands_by_has_nothing_to_write(ticking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Leader(A), Leader("b")
    assert first.lead(ticking.now)
    second._unreachable_since = 1.0
    assert not second.lead(ticking.now)
    first.step_down()
    assert second.lead(ticking.now)
    assert rows() == []
    second.step_down()


def test_the_broker_was_away_and_its_jobs_say_so(beat: Any, ticking: Any, sent: Any) -> None:
    one = beat()
    due = job(ticking, 1)
    sent.broken = True
    for _ in range(3):
        one.tick()
        ticking.forward(2)
    assert rows() == []
    sent.broken = False
    one.tick()
    assert rows() == [("broker", 6.0, one.leader.name)]
    one.tick()
    assert len(rows()) == 1
    assert sent == [due]
    taken = ticking.forward(0.2)
    Job.objects.filter(pk=due).update(state=2, attempt=1, locked_at=taken, execute_at=taken, finished_at=taken)
    assert cause_of(Job.objects.get(pk=due), taken) == "broker"


def test_what_is_away_again_at_once_is_one_row_and_old_ones_go(hands: Any) -> None:
    now = hands.now
    old, second = now - timedelta(days=31), timedelta(seconds=1)
    Outage.objects.note("broker", since=old, until=old + second, who="old")
    Outage.objects.note("broker", since=now, until=now + second, who="a")
    Outage.objects.note("database", since=now, until=now + second, who="a")
    Outage.objects.note("broker", since=now + 30 * second, until=now + 40 * second, who="b")
    Outage.objects.note("broker", since=now + 200 * second, until=now + 210 * second, who="c")
    assert rows() == [("broker", 40.0, "b"), ("database", 1.0, "a"), ("broker", 10.0, "c")]
