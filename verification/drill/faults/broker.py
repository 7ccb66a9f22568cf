"""Faults of the broker: restarted, emptied, away, hanging, and slow."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from typing import ClassVar

from verification.drill.faults.fault import Fault, Injection, Lasting, Setting, Stage
from verification.drill.services.broker import Broker

log = logging.getLogger(__name__)

RESTART_S = 1.0
LONGEST_DOWN_S = 30.0
LONGEST_HOLE_S = 10.0
LONGEST_SLOW_S = 20.0


class Unreachable(Lasting):
    """Fault that keeps the broker away for a while, one at a time."""

    takes_away = True
    act: ClassVar[str]
    do: ClassVar[Callable[[Broker], None]]

    def begin(self, stage: Stage, injection: Injection) -> bool:
        broker = stage.services.broker
        if not broker.open:
            return False
        type(self).do(broker)
        stage.later[injection] = broker.up
        stage.note(injection, self.act)
        return True

    def budget(self, injection: Injection) -> float:
        return injection.lasts


class BrokerRestart(Unreachable):
    """Connections break, what it has kept comes back."""

    name = "broker-restart"
    what = "stop the broker and start it a second later"
    begins, share, longest, act = 0.06, 1.0, RESTART_S, "restart"
    do = Broker.down

    def budget(self, injection: Injection) -> float:
        return 0.0


class BrokerSlow(Unreachable):
    """Slow broker: each question takes a second, so that a leader publishes one message a second and falls behind."""

    name = "broker-slow"
    what = "every chunk, either way, 0.3 to 0.8 s late, for 20 s (a quarter of a shorter round)"
    begins, share, longest, act = 0.1, 0.25, LONGEST_SLOW_S, "slow"
    do = Broker.slow


class BrokerHole(Unreachable):
    """Silent broker: who asks gets no answer, and learns only later whether it has taken what was sent."""

    name = "broker-hole"
    what = "a black hole for 10 s (a fifth of a shorter round): connections are taken, nothing passes until it is over"
    begins, share, longest, act = 0.45, 0.2, LONGEST_HOLE_S, "hole"
    do = Broker.swallow


class BrokerDown(Unreachable):
    """Jobs are accepted meanwhile; they cannot start before it is back."""

    name = "broker-down"
    what = "no broker for 30 s (three tenths of a shorter round)"
    begins, share, longest, act = 0.71, 0.3, LONGEST_DOWN_S, "down"
    do = Broker.down


class BrokerWipe(Fault):
    """Loss of all messages, at once."""

    name = "broker-wipe"
    what = "FLUSHDB on Redis or Valkey, the queues deleted on RabbitMQ"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for at in setting.each(0.02):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        try:
            stage.services.broker.wipe(stage.services.queues)
        except Exception as error:  # noqa: BLE001 - away for another fault's sake: it is wiped when it is back
            log.info("not wiped yet: %s", error)
            return False
        stage.note(injection, "wipe")
        return True
