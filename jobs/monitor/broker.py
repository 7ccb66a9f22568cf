"""Looks at the broker: whether it answers, and how many messages wait in a queue. Never raises, nor waits long."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from jobs.breaker import Breaker
from jobs.events import emit
from jobs.events.monitor import BrokerIsSilent, KeptConnectionEnded
from jobs.publishing.depths import QueueDepths, connect

ASK_AGAIN_AFTER = 5.0  # seconds: a broker that is away must not make every page wait for it


@dataclass(frozen=True)
class Depths:
    """Messages waiting per queue; None for a queue that RabbitMQ does not have yet."""

    reachable: bool
    waiting: dict[str, int | None]


class BrokerClient:
    """Look at the broker for all pages of this process."""

    def __init__(self, url: str = "") -> None:
        self._lock = threading.Lock()
        self._depths = QueueDepths(url)
        self._breaker = Breaker(ASK_AGAIN_AFTER)

    def depths(self, queues: Iterable[str]) -> Depths:
        """Ask for the depth of each queue. An unreachable broker is an answer."""
        names = sorted(set(queues))
        with self._lock:
            if self._breaker.open:
                return Depths(reachable=False, waiting={})
            kept = self._depths.connected
            try:
                try:
                    return self._ask(names)
                except Exception as error:
                    if not kept:
                        raise
                    emit(KeptConnectionEnded(error))
                    self.close()
                    return self._ask(names)
            except Exception as error:  # noqa: BLE001 - kombu's transports raise what they like
                emit(BrokerIsSilent(error))
                self.close()
                self._breaker.trip()
                return Depths(reachable=False, waiting={})

    def close(self) -> None:
        self._depths.close()

    def _ask(self, queues: list[str]) -> Depths:
        return Depths(reachable=True, waiting=self._depths.of_all(queues))


def answers(url: str = "") -> bool:
    """Return whether the broker can be reached now."""
    try:
        connect(url).close()
    except Exception as error:  # noqa: BLE001 - as above
        emit(BrokerIsSilent(error))
        return False
    return True


client = BrokerClient()
