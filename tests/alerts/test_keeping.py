"""What is wrong opens one alert, what goes on and off says two things, and what is silenced says nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs.alerts import keeping
from jobs.alerts.conditions import BACKLOG, LATE, NO_LEADER, Condition
from jobs.models import Alert, Delivery, Silence
from tests.conftest import NOW, seconds

pytestmark = pytest.mark.django_db
LEADER = Condition(NO_LEADER, "No beat is leading.")


class Time:
    """Turns of a watcher, at made-up times."""

    def __init__(self) -> None:
        self.now, self.patience = NOW, keeping.Patience()

    def turn(self, *found: Condition) -> None:
        keeping.keep(self.patience.ripe(found, self.now), found, self.now)
        self.now += seconds(5)

    def pass_by(self, span: float, wrong: Callable[[float], bool], *found: Condition) -> None:
        """Turn each five seconds; `wrong` says of each second whether the conditions are so."""
        begun = self.now
        while (at := (self.now - begun).total_seconds()) < span:
            self.turn(*(found if wrong(at) else ()))


@pytest.fixture
def time() -> Time:
    return Time()


def said() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("event", flat=True))


def always(at: float) -> bool:
    return True


def never(at: float) -> bool:
    return False


def test_what_stands_opens_one_alert_and_its_end_resolves_it(make_destination: Any, time: Time) -> None:
    make_destination()
    time.pass_by(60, always, LEADER)
    alert = Alert.objects.get()
    assert (alert.rule, alert.level, alert.opened_at) == ("no_leader", "bad", NOW + seconds(15))
    assert said() == ["opened"]
    time.pass_by(60, never)
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert said() == ["opened", "resolved"]


def test_what_is_over_before_its_rule_asks_for_it_opens_nothing(make_destination: Any, time: Time) -> None:
    make_destination()
    time.pass_by(600, lambda at: at % 20 < 15, LEADER)
    assert not Alert.objects.exists()


@pytest.mark.parametrize("period", [10, 120])
def test_what_goes_on_and_off_twenty_times_says_two_things(make_destination: Any, time: Time, period: int) -> None:
    make_destination()
    late = Condition(LATE, "Jobs of queue mail started late.", subject="mail", kind="queue")
    time.pass_by(20 * period, lambda at: at % period < period / 2, late)
    time.pass_by(120, never)
    assert said() == ["opened", "resolved"]
    alert = Alert.objects.get()
    assert alert.resolved_at is not None
    assert alert.times == (1 if period == 10 else 20)


def test_what_has_come_back_and_stays_is_said_again(make_destination: Any, time: Time) -> None:
    make_destination()
    time.pass_by(60, always, LEADER)
    time.pass_by(60, never)
    time.pass_by(900, always, LEADER)
    time.pass_by(60, never)
    assert said() == ["opened", "resolved", "opened", "resolved"]
    assert Alert.objects.get().times == 2


def test_long_after_it_is_another(make_destination: Any, time: Time) -> None:
    make_destination()
    for _ in range(2):
        time.pass_by(60, always, LEADER)
        time.pass_by(900, never)
    assert said() == ["opened", "resolved"] * 2
    assert Alert.objects.count() == 2


def silence(pattern: str, until: datetime) -> None:
    Silence.objects.create(pattern=pattern, reason="The hosts are moved.", until=until, created_at=NOW)


def test_a_silenced_one_says_nothing_and_when_the_silence_ends_it_is_said(make_destination: Any, time: Time) -> None:
    make_destination()
    silence("no_l*", NOW + timedelta(minutes=10))
    time.pass_by(300, always, LEADER)
    assert Alert.objects.get().announced == ""
    time.pass_by(60, never)
    assert said() == []
    time.pass_by(700, always, LEADER)
    assert said() == ["opened"]


def test_others_are_not_silenced(make_destination: Any, time: Time) -> None:
    make_destination()
    silence("backlog:mail", NOW + timedelta(minutes=10))
    backlog = [Condition(BACKLOG, "They wait.", subject=queue, kind="queue") for queue in ("mail", "pay")]
    time.pass_by(60, always, *backlog)
    assert [one.alert.subject for one in Delivery.objects.select_related("alert")] == ["pay"]
    assert Alert.objects.open().count() == 2


def test_an_acknowledged_one_is_not_said_again(make_destination: Any, time: Time) -> None:
    make_destination()
    time.pass_by(60, always, LEADER)
    time.pass_by(60, never)
    time.pass_by(60, always, LEADER)
    Alert.objects.update(acknowledged_at=time.now, acknowledged_by=User.objects.create(username="ada"))
    time.pass_by(900, always, LEADER)
    assert said() == ["opened", "resolved"]


def test_each_destination_gets_what_it_is_for(make_destination: Any, time: Time) -> None:
    make_destination("all")
    make_destination("bad", min_level="bad")
    make_destination("off", enabled=False)
    make_destination("mail", pattern="*:mail")
    late = Condition(LATE, "Late.", subject="mail", kind="queue")
    time.pass_by(60, always, LEADER, late)
    found = Delivery.objects.values_list("destination__name", "alert__rule").order_by(
        "destination__name", "alert__rule"
    )
    assert list(found) == [("all", "late"), ("all", "no_leader"), ("bad", "no_leader"), ("mail", "late")]


def test_what_is_long_over_is_removed(make_destination: Any, time: Time) -> None:
    make_destination()
    time.pass_by(60, always, LEADER)
    time.pass_by(60, never)
    Delivery.objects.update(done_at=time.now)
    keeping.remove_old(time.now + timedelta(days=31))
    assert (Alert.objects.count(), Delivery.objects.count()) == (1, 0)
    keeping.remove_old(time.now + timedelta(days=91))
    assert Alert.objects.count() == 0
