"""Events: what happens, said once. `emit` is called by what does it, and the log hears of it, as does whoever has
subscribed.

The events are in the modules beside this, by where they happen; docs/events.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from jobs.events import log
from jobs.events.event import Event, SubscriberRaised

__all__ = ["Event", "Subscriber", "emit", "subscribe"]

Subscriber = Callable[[Event], object]

_subscribers: tuple[Subscriber, ...] = (log.write,)
_blamed: list[Subscriber] = []  # those of which is logged that they raise


def emit(event: Event) -> None:
    """Tell all subscribers, in this thread. Never raises for what they raise."""
    for subscriber in _subscribers:
        try:
            subscriber(event)
        except Exception as error:  # noqa: BLE001 - what listens must not harm a job
            _blame(subscriber, event, error)


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Have it called with each event of this process, in the thread where that happens: it must be quick, and ask
    neither database nor broker. Returns what ends the subscription."""
    global _subscribers  # noqa: PLW0603 - one list a process; a new tuple each time, so that `emit` needs no lock
    _subscribers = (*_subscribers, subscriber)

    def end() -> None:
        global _subscribers  # noqa: PLW0603
        _subscribers = tuple(one for one in _subscribers if one is not subscriber)

    return end


def _blame(subscriber: Subscriber, event: Event, error: Exception) -> None:
    if subscriber in _blamed:
        return
    _blamed.append(subscriber)
    name = getattr(subscriber, "__qualname__", repr(subscriber))
    with suppress(Exception):  # it may be the log that raises
        log.write(SubscriberRaised(name, type(event).__name__, error))
