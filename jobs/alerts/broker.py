"""Looks whether the broker answers, on a connection that is kept."""

from __future__ import annotations

from jobs.models.job import DEFAULT_QUEUE
from jobs.publishing.depths import QueueDepths


class BrokerLook:
    """The watcher's connection to the broker."""

    def __init__(self, url: str = "") -> None:
        self._depths = QueueDepths(url)

    def answers(self) -> bool:
        """Return whether it answers now: one that has ended a kept connection is asked on another. Waits some seconds
        at most."""
        was_kept = self._depths.connected
        return self._ask() or (was_kept and self._ask())

    def close(self) -> None:
        self._depths.close()

    def _ask(self) -> bool:
        try:
            self._depths.of(DEFAULT_QUEUE)
        except Exception:  # noqa: BLE001 - kombu's transports raise what they like; the alert says it
            self._depths.close()
            return False
        return True
